/// Who may start a session on which worker. Requests for a slot and signs of life come in; leases go out. What a worker
/// runs is never decided here: a live session outlives any registry.
///
/// A session that finds no slot may wait in line, with all sessions of all proxies that want the same browser:
///
/// 1. [dev.greenroom.registry.Registry#enroll] takes a place; then [dev.greenroom.registry.Registry#acquire] is tried
///    once more, for what became free in between.
/// 2. [dev.greenroom.registry.Registry#onTurn] calls back when there is a slot for a session: its proxy calls
///    `acquire`. Nobody polls: once a second a proxy keeps the places of all its sessions in one call per 200 of them,
///    [dev.greenroom.registry.Registry#keepPlaces], and learns of a turn whose hint was lost.
/// 3. A grant ends the wait; a client that leaves, or whose patience ends, gives its place up with
///    [dev.greenroom.registry.Registry#abandon], and its session is released in case a grant came too late.
///
/// `acquire` keeps the order whoever calls it: every session before, as long as its place is kept, has its slot set
/// aside, if there is one of its version. So a wish that nobody can fulfil holds up nobody, and the places of a proxy
/// that died hold up the line for three seconds at most. A session that does not enroll gets what is left when all who
/// wait are served.
@NullMarked
package dev.greenroom.registry;

import org.jspecify.annotations.NullMarked;
