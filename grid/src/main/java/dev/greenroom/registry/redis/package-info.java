/// The registry that many proxies and workers share. Every operation is one Lua script, so leases, counters
/// and the index for selection change together, on Redis' clock.
///
/// [dev.greenroom.registry.redis.RedisRegistry] turns operations into arguments and replies into records;
/// [dev.greenroom.registry.redis.AcquireBatcher] sends slot requests in batches;
/// [dev.greenroom.registry.redis.ScriptClient] gives every call a deadline and a circuit breaker;
/// [dev.greenroom.registry.redis.ReconnectingConnection] keeps a connection open;
/// [dev.greenroom.registry.redis.RedisNotifications] subscribes. The scripts are resources of this package:
/// each begins with `common.lua`; `pick.lua` selects, `queue.lua` is the queue, `foreign.lua` imports
/// workers that write only the documented keys; the others are named after their operation.
///
/// No command waits while there is no connection, no key is named outside the scripts and
/// [dev.greenroom.registry.redis.RedisNotifications], and this machine's clock is never compared. Only this
/// package uses Lettuce.
@NullMarked
package dev.greenroom.registry.redis;

import org.jspecify.annotations.NullMarked;
