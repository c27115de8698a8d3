/** The two shell scripts (busybox) that take a guest from the kernel's start to the command. */

export interface GuestScript {
  readonly fs: '9p' | 'virtiofs';
  /** In the order to insert them. */
  readonly modules: readonly string[];
  /** Host directories that are writable, by the tag of their share. */
  readonly rw: ReadonlyMap<string, string>;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A network card is there, for forwarded ports. */
  readonly hasNetwork: boolean;
  /** Sent last on stdout and on stderr; printable. */
  readonly endMark: string;
}

/** Where the guest keeps what it was started with. */
const DIR = '/run/pvdscope-lab';

/** As QEMU's user network numbers its one guest. */
export const GUEST_ADDRESS = '10.0.2.15';

/** One word of a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `/init`: modules, the host's file system below a tmpfs, then into it. */
export function firstScript(guest: GuestScript): string {
  const mounts = [...guest.rw].map(([tag, dir]) => {
    const at = quote(`/new${dir}`);
    return `$B mkdir -p ${at}; ${mount(guest.fs, tag, at, 'cache=mmap', false)} || $B poweroff -f`;
  });
  return `#!/busybox sh
B=/busybox; $B mkdir -p /proc /sys /dev /ro /w /new
$B mount -t proc proc /proc; $B mount -t sysfs sys /sys; $B mount -t devtmpfs dev /dev
for m in ${guest.modules.join(' ')}; do
  p=; [ $m = dummy ] && p=numdummies=0
  $B insmod /m/$m.ko $p
done
${mount(guest.fs, 'root', '/ro', 'cache=loose', true)} || $B poweroff -f
$B mount -t tmpfs tmpfs /w; $B mkdir /w/u /w/k
$B mount -t overlay -o lowerdir=/ro,upperdir=/w/u,workdir=/w/k overlay /new || $B poweroff -f
$B mount -t tmpfs tmpfs /new/run; $B mkdir -p /new${DIR} /new/run/lock /new/run/netns
${mounts.join('\n')}
$B cp /busybox /init2 /cmd /new${DIR}/
for d in proc sys dev; do $B mount --move /$d /new/$d; done
$B umount -l /ro; $B umount -l /w
exec $B switch_root /new ${DIR}/busybox sh ${DIR}/init2
`;
}

function mount(fs: '9p' | 'virtiofs', tag: string, dir: string, cache: string, ro: boolean) {
  return fs === '9p'
    ? `$B mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,${ro ? 'ro,' : ''}${cache} ${tag} ${dir}`
    : `$B mount -t virtiofs ${ro ? '-o ro ' : ''}${tag} ${dir}`;
}

/**
 * After the switch of root: mounts, the channels, the command, its exit code.
 *
 * A virtio port can be opened once only, so the command gets FIFOs and a relay. A daemon it left
 * behind may keep them open: the relays are ended two seconds after the command.
 */
export function secondScript(guest: GuestScript): string {
  return `B=${DIR}/busybox
for p in /sys/class/virtio-ports/*; do read n < $p/name; eval P_$n=/dev/\${p##*/}; done
exec 3> $P_ctl 4> $P_out 5> $P_err
$B mkdir -p /dev/pts /dev/shm
$B mount -t devpts -o mode=620,ptmxmode=666 pts /dev/pts; $B mount -t tmpfs shm /dev/shm
$B ln -sf pts/ptmx /dev/ptmx; $B ln -sf /proc/self/fd /dev/fd
for i in 0:stdin 1:stdout 2:stderr; do $B ln -sf /proc/self/fd/\${i%:*} /dev/\${i#*:}; done
$B mount -t tracefs tracefs /sys/kernel/tracing; $B mount -t bpf bpf /sys/fs/bpf
$B mount -t cgroup2 cgroup2 /sys/fs/cgroup; $B mount -t debugfs debugfs /sys/kernel/debug
$B ip link set lo up; $B hostname pvdscope
${guest.hasNetwork ? NETWORK : ''}$B mkfifo ${DIR}/o ${DIR}/e
$B cat ${DIR}/o >&4 3>&- 5>&- & A=$!
$B cat ${DIR}/e >&5 3>&- 4>&- & C=$!
echo start >&3
$B setsid $B sh ${DIR}/cmd < /dev/null > ${DIR}/o 2> ${DIR}/e 3>&- 4>&- 5>&-
R=$?
( $B sleep 2; $B kill $A $C ) 3>&- 4>&- 5>&- & wait $A $C
echo -n ${guest.endMark} >&4; echo -n ${guest.endMark} >&5
$B sync
while read k v u; do case $k in MemTotal:|MemAvailable:) M="$M $v";; esac; done < /proc/meminfo
echo "mem$M" >&3
echo "rc $R" >&3
while :; do $B sleep 60; done
`;
}

/**
 * The card carries forwarded ports only: IPv4 with no route out, and no IPv6 at all, so that
 * what is observed is not disturbed. route_localnet lets it reach servers on 127.0.0.1.
 */
const NETWORK = `for d in /sys/class/net/*; do [ -e $d/device ] && I=\${d##*/}; done
echo 1 > /proc/sys/net/ipv6/conf/$I/disable_ipv6
echo 1 > /proc/sys/net/ipv4/conf/$I/route_localnet
$B ip addr add ${GUEST_ADDRESS}/24 dev $I; $B ip link set $I up
`;

/** The command itself. Through env(1): a bare name would start busybox's own \`ip\`, \`ping\`… */
export function commandScript(guest: GuestScript): string {
  const exports = Object.entries(guest.env).map(([k, v]) => `export ${k}=${quote(v)}\n`);
  return `${exports.join('')}cd ${quote(guest.cwd)} || exit 126
exec /usr/bin/env -- ${guest.command.map(quote).join(' ')}
`;
}
