/**
 * The kernel as QEMU starts it fastest: the ELF inside a bzImage, entered through its PVH note.
 * Under emulation that saves the guest seconds of decompressing itself.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AgentError, EXIT } from '../error.ts';
import { cacheDir } from './cache-dir.ts';
import { decompress, packingOf } from './decompress.ts';

const ELF_MAGIC = 0x7f454c46;
/** ELF note XEN_ELFNOTE_PHYS32_ENTRY (18) of owner "Xen": how QEMU finds the entry. */
const PVH_NOTE: Buffer = Buffer.from('1200000058656e00', 'hex');

/** A file for `qemu -kernel`: `image` itself when nothing better can be made of it. */
export function bootImage(image: string): string {
  const bytes = readFileSync(image);
  if (bytes.length > 4 && bytes.readUInt32BE(0) === ELF_MAGIC) return image;
  const { size, mtimeMs } = statSync(image);
  const dir = path.join(cacheDir(), 'images');
  const release = path.basename(path.dirname(image));
  const out = path.join(dir, `${release}-${path.basename(image)}-${size}-${Math.floor(mtimeMs)}`);
  // An empty file says that this image has no usable ELF inside.
  if (!existsSync(out)) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(`${out}.${process.pid}`, unpackBzImage(bytes, image) ?? '');
    renameSync(`${out}.${process.pid}`, out);
  }
  return statSync(out).size > 0 ? out : image;
}

/**
 * The ELF with a PVH entry inside a bzImage (Documentation/arch/x86/boot.rst), if there is one.
 * @throws AgentError `PVD_ERR_KERNEL_FILE` when it is no bzImage at all
 */
export function unpackBzImage(bytes: Buffer, what: string): Buffer | undefined {
  if (bytes.length < 0x250 || bytes.toString('latin1', 0x202, 0x206) !== 'HdrS') {
    throw new AgentError({
      code: 'PVD_ERR_KERNEL_FILE',
      op: `read kernel ${what}`,
      message: `${what} is neither a bzImage nor an ELF vmlinux for x86`,
      exitCode: EXIT.usage,
    });
  }
  const setupSects = bytes.readUInt8(0x1f1) || 4;
  const at = (setupSects + 1) * 512 + bytes.readUInt32LE(0x248);
  const payload = bytes.subarray(at, at + bytes.readUInt32LE(0x24c));
  const packing = packingOf(payload);
  if (packing === undefined) return undefined;
  // All but gzip have the length of the result behind the stream (scripts/Makefile.lib, size_append).
  const stream = packing === 'gzip' ? payload : payload.subarray(0, -4);
  const elf = decompress(stream, packing, what);
  return elf.includes(PVH_NOTE) ? elf : undefined;
}
