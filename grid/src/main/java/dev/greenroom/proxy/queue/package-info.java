/// Acquires a slot for a session, in a fair queue if none is free, renews leases while they are held, and
/// releases them reliably. No worker is contacted from here.
@NullMarked
package dev.greenroom.proxy.queue;

import org.jspecify.annotations.NullMarked;
