/// The registry that many proxies and workers share. Every operation is one Lua script, so that leases, counters and
/// the selection index change together and on Redis' own clock.
///
/// [dev.greenroom.registry.redis.RedisRegistry] turns operations into arguments and replies into records;
/// [dev.greenroom.registry.redis.Wishes] lets wishes for a slot travel together;
/// [dev.greenroom.registry.redis.RedisLink] gives every call its deadline and its circuit breaker;
/// [dev.greenroom.registry.redis.KeptConnection] keeps a connection open;
/// [dev.greenroom.registry.redis.Hints] listens to pub/sub. The scripts are resources of this package: `common.lua` is
/// the beginning of each, `pick.lua` selects, `queue.lua` is the line of those who wait, `foreign.lua` knows workers
/// that write the documented keys only; the others are named after their operation.
///
/// What never happens here: a command that waits while there is no connection, a key name outside the scripts and
/// [dev.greenroom.registry.redis.Channels], a comparison with the clock of this machine. No other package imports
/// Lettuce.
@NullMarked
package dev.greenroom.registry.redis;

import org.jspecify.annotations.NullMarked;
