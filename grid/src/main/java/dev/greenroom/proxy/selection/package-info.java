/// A slot for a session. An admitted request comes in; a lease or a refusal goes out, after a wait in a fair queue
/// at most. Leases are renewed while they are held and given back for certain. No worker is ever contacted from
/// here.
@NullMarked
package dev.greenroom.proxy.selection;

import org.jspecify.annotations.NullMarked;
