/** Which of the model's profiles this kernel is held against. */

import { LINUX, LINUX_PVD } from '../../src/model/profile.ts';
import { type Btf, hasStruct } from '../libbpf/btf.ts';

/** By a type of the series in kernel/, not by option numbers, which others may use. */
export function kernelProfile(btf: Btf): string {
  return (hasStruct(btf, 'net_pvd') ? LINUX_PVD : LINUX).name;
}
