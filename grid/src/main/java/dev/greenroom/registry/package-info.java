/// Who may start a session on which worker. Requests for a slot and signs of life come in; leases go out. What a worker
/// runs is never decided here: a live session outlives any registry.
@NullMarked
package dev.greenroom.registry;

import org.jspecify.annotations.NullMarked;
