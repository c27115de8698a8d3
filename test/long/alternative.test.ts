/** PvDs as VRFs and as policy-based routing on stock kernels. */

import { checkInGuest } from '../vm/alternative-guest.ts';

checkInGuest('debian:6.1', ['vrf', 'pbr']);
checkInGuest('debian:6.12', ['pbr']);
checkInGuest('debian:7.2', ['vrf', 'pbr']);
