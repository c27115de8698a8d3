/** VRFs on one kernel of the three; all else that needs a guest is in test/long. */

import { checkInGuest } from './alternative-guest.ts';

checkInGuest('debian:6.12', ['vrf']);
