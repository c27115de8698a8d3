/** Which of the model's profiles this kernel is held against. */

import { LINUX, LINUX_PVD } from '../../src/model/profile.ts';
import { hasStruct, kernelBtf } from '../libbpf/btf.ts';

/**
 * By a type of the series in kernel/, not by option numbers, which others may use.
 * @throws AgentError PVD_ERR_BTF
 */
export function kernelProfile(): string {
  return (hasStruct(kernelBtf(), 'net_pvd') ? LINUX_PVD : LINUX).name;
}
