package dev.greenroom.cli.doctor;

import static dev.greenroom.cli.doctor.Diagnosis.DoctorFinding.Severity.ERROR;
import static dev.greenroom.cli.doctor.Diagnosis.DoctorFinding.Severity.WARNING;

import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding.Severity;
import dev.greenroom.config.Secret;
import dev.greenroom.session.ClientProtocol;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FaultProxy;
import dev.greenroom.testkit.FaultProxy.Weather;
import dev.greenroom.testkit.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/// What people get wrong.
final class Misconfigurations {
    private Misconfigurations() {}

    /// Does something wrong.
    interface Plant {
        void in(SickGrid grid) throws Exception;
    }

    /// Something wrong, and what the doctor has to say of it.
    record Planted(String name, Plant plant, String check, Severity severity, String words) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Planted> all() {
        return Stream.of(settings(), machine(), redis(), registered(), grids()).flatMap(each -> each);
    }

    private static Stream<Planted> settings() {
        return Stream.of(
                new Planted(
                        "a setting that is no number",
                        grid -> grid.environment.put("MAX_QUEUE_SIZE", "many"),
                        "settings",
                        ERROR,
                        "MAX_QUEUE_SIZE=many: must be a whole number"),
                new Planted(
                        "workers that count as dead between two heartbeats",
                        grid -> grid.environment.put("REDIS_KEY_TTL", "10"),
                        "settings",
                        ERROR,
                        "REDIS_KEY_TTL=10: must be over HEARTBEAT_INTERVAL"),
                new Planted(
                        "a proxy that everybody reaches",
                        grid -> grid.environment.put("BIND_ADDRESS", "0.0.0.0"),
                        "settings",
                        WARNING,
                        "BIND_ADDRESS=0.0.0.0: lets anyone who can reach this address use browsers"),
                new Planted(
                        "a variable that is misspelt",
                        grid -> grid.environment.put("MAX_QUEUE_SZIE", "7"),
                        "settings",
                        WARNING,
                        "did you mean MAX_QUEUE_SIZE?"),
                new Planted(
                        "a password that everybody on the machine can read",
                        grid -> grid.environment.put("REDIS_PASSWORD_FILE", grid.readable("password")),
                        "secret files",
                        WARNING,
                        "is readable by every user of this machine"),
                new Planted(
                        "a certificate that expired",
                        grid -> grid.environment.put("TLS_CERT_FILE", Certificates.expired(grid.folder)),
                        "certificate",
                        ERROR,
                        "The certificate expired on "),
                new Planted(
                        "a key of another certificate",
                        grid -> {
                            grid.environment.put("TLS_CERT_FILE", Certificates.expired(grid.folder));
                            grid.environment.put("TLS_KEY_FILE", Certificates.anotherKey(grid.folder));
                        },
                        "certificate",
                        ERROR,
                        "it is not the key of the first certificate in TLS_CERT_FILE"));
    }

    private static Stream<Planted> machine() {
        return Stream.of(
                new Planted(
                        "a driver store that is a file",
                        grid -> grid.store = Path.of(grid.readable("store")),
                        "driver store",
                        ERROR,
                        "is not writable"),
                new Planted(
                        "more connections than descriptors",
                        grid -> grid.environment.put("MAX_CONNECTIONS", "999999999"),
                        "descriptors",
                        WARNING,
                        "999999999 connections need 2000000198"),
                new Planted(
                        "a port that the system gives away",
                        grid -> grid.environment.put(
                                "PORT", Integer.toString(MachineFacts.look().firstPort() + 7)),
                        "ports",
                        WARNING,
                        "it may be in use at start"),
                new Planted(
                        "more sessions than memory",
                        grid -> grid.environment.put("MAX_CONCURRENT_SESSIONS", "4095"),
                        "memory",
                        WARNING,
                        "4095 concurrent sessions need about 1638.0 GB"),
                new Planted(
                        "no ffmpeg",
                        grid -> grid.environment.put("PATH", "/nowhere"),
                        "video",
                        WARNING,
                        "There is no ffmpeg here"),
                new Planted(
                        "an ffmpeg without VP9",
                        grid -> grid.ffmpeg("libvpx (codec vp8)"),
                        "video",
                        WARNING,
                        "writes no VP8 and VP9"));
    }

    private static Stream<Planted> redis() {
        return Stream.of(
                new Planted("no Redis", grid -> grid.redis.kill(), "redis reachable", ERROR, "Redis cannot be used"),
                new Planted(
                        "a Redis that forgets under pressure",
                        grid -> grid.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"),
                        "redis server",
                        ERROR,
                        "may evict the registry's keys"),
                new Planted(
                        "Redis Cluster",
                        grid -> grid.redisPort = Optional.of(another(grid, "--cluster-enabled", "yes")),
                        "redis server",
                        ERROR,
                        "cluster mode"),
                new Planted(
                        "a replica",
                        grid -> grid.redisPort = Optional.of(
                                another(grid, "--replicaof", "127.0.0.1", Integer.toString(grid.redis.port()))),
                        "redis server",
                        ERROR,
                        "is a read-only replica"),
                new Planted(
                        "a Redis far away",
                        grid -> {
                            var network = FaultProxy.before(grid.redis.port(), 1);
                            grid.others.add(network);
                            network.weather(Weather.slow(Duration.ofMillis(130), Duration.ZERO));
                            grid.redisPort = Optional.of(network.port());
                        },
                        "redis latency",
                        WARNING,
                        "ms for an empty command"),
                new Planted(
                        "a Redis user who may not publish",
                        grid -> {
                            grid.redis.cli(
                                    "ACL",
                                    "SETUSER",
                                    "ada",
                                    "on",
                                    ">" + Canary.secret("redis"),
                                    "~*",
                                    "&*",
                                    "+@all",
                                    "-publish");
                            grid.user = Optional.of("ada");
                            grid.password = Optional.of(new Secret(Canary.secret("redis")));
                        },
                        "redis rights",
                        ERROR,
                        "PUBLISH"),
                new Planted(
                        "a Redis that is open to all",
                        grid -> {
                            grid.redis.cli("CONFIG", "SET", "protected-mode", "no");
                            grid.redis.cli("CONFIG", "SET", "bind", "0.0.0.0");
                        },
                        "redis exposure",
                        ERROR,
                        "requires no password and listens on every interface"),
                new Planted(
                        "a Redis with a password for the grid that lets everybody else in without one",
                        grid -> {
                            grid.redis.cli(
                                    "ACL", "SETUSER", "ada", "on", ">" + Canary.secret("redis"), "~*", "&*", "+@all");
                            grid.user = Optional.of("ada");
                            grid.password = Optional.of(new Secret(Canary.secret("redis")));
                        },
                        "redis exposure",
                        ERROR,
                        "the user \"default\" is on and has no password"));
    }

    private static Stream<Planted> registered() {
        return Stream.of(
                new Planted(
                        "a worker that is registered for less than its heartbeat",
                        grid -> grid.change("heartbeatInterval", "45"),
                        "timing",
                        ERROR,
                        "so it counts as dead in between"),
                new Planted(
                        "orders that expire before a worker looks",
                        grid -> grid.change("heartbeatInterval", "90"),
                        "timing",
                        ERROR,
                        "A shutdown command expires after 60 s"),
                new Planted(
                        "a name that nobody knows",
                        grid -> grid.move("no-such-host.invalid:3131"),
                        "workers reachable",
                        ERROR,
                        "a name that cannot be resolved here"),
                new Planted(
                        "a port that nobody listens on",
                        grid -> grid.move("127.0.0.1:1"),
                        "workers reachable",
                        ERROR,
                        "cannot be reached from here at 127.0.0.1:1"),
                new Planted(
                        "something else at a worker's address",
                        grid -> grid.move("127.0.0.1:" + grid.redis.port()),
                        "workers reachable",
                        ERROR,
                        "something else answers there"),
                new Planted(
                        "two workers at one address",
                        grid -> grid.move("127.0.0.1:" + grid.workers.get(1).port()),
                        "addresses",
                        ERROR,
                        "chromium:w0 and chromium:w1 are registered at the same address"),
                new Planted(
                        "a worker at a public address",
                        grid -> grid.move("198.51.100.7:3131"),
                        "worker exposure",
                        ERROR,
                        "public address, 198.51.100.7:3131"),
                new Planted(
                        "an update that was never finished",
                        grid -> grid.change("software", "greenroom/0"),
                        "versions",
                        WARNING,
                        "greenroom/0, greenroom/1"),
                new Planted(
                        "a worker that proxies could not reach",
                        grid -> grid.redis.cli("ZADD", "grid:suspect", "99999999999999", "chromium:w0"),
                        "suspects",
                        WARNING,
                        "chromium:w0 is suspect"),
                new Planted(
                        "counters that somebody else writes",
                        grid -> grid.redis.cli("HSET", "cluster:active_connections", "chromium:w0", "7"),
                        "counters",
                        WARNING,
                        "is 7 for chromium:w0, but it has 0 leases"),
                new Planted(
                        "a worker that never recycles",
                        grid -> grid.redis.cli("HSET", "cluster:lifetime_connections", "chromium:w0", "100"),
                        "recycling",
                        WARNING,
                        "chromium:w0 served twice MAX_LIFETIME_SESSIONS"),
                new Planted("no worker at all", grid -> grid.redis.cli("FLUSHALL"), "workers", ERROR, "No worker is"));
    }

    private static Stream<Planted> grids() {
        return Stream.of(
                new Planted(
                        "an address without a grid",
                        grid -> grid.url = "ws://127.0.0.1:1",
                        "grid reachable",
                        ERROR,
                        "nothing listens at http://127.0.0.1:1"),
                new Planted(
                        "a proxy that is not ready",
                        grid -> grid.api.on("GET /health/ready", 503, "{\"reason\":\"draining\"}"),
                        "grid ready",
                        ERROR,
                        "not ready: draining"),
                new Planted(
                        "a grid without tokens on the network",
                        grid -> grid.url = grid.url.replace("localhost", "0.0.0.0"),
                        "grid exposure",
                        WARNING,
                        "it requires no token"),
                new Planted(
                        "a grid without tokens that others reach, though its address here is localhost",
                        grid -> grid.url = grid.api.openToOthers(),
                        "grid exposure",
                        WARNING,
                        "it requires no token"),
                new Planted(
                        "a grid that requires a token",
                        grid -> grid.api.on("GET /v1/workers", 401, "{\"error\":\"unauthorized\"}"),
                        "grid reachable",
                        ERROR,
                        "The grid refuses the doctor: the grid at"),
                new Planted(
                        "a proxy with another Redis",
                        grid -> grid.api.on(
                                "GET /v1/workers",
                                200,
                                FakeGrid.workers(FakeGrid.worker("chromium:else", "available", 0, 1))),
                        "one registry",
                        ERROR,
                        "shows 1 workers, this Redis has 2, with none in common"),
                new Planted(
                        "limits of tokens that two proxies count",
                        grid -> grid.limitTokens(2),
                        "token limits",
                        WARNING,
                        "The limits of ci apply per proxy, and there are 2, so that the whole grid grants 2 times"),
                new Planted(
                        "browsers that do not start",
                        grid -> grid.trial = (_, _) -> Optional.of("connect: 503"),
                        "sessions",
                        ERROR,
                        "A session with chromium failed at connect: 503"),
                new Planted(
                        "workers that do not know CDP",
                        grid -> grid.trial = (_, protocol) ->
                                Optional.of("connect: 503").filter(_ -> protocol == ClientProtocol.CDP),
                        "sessions",
                        ERROR,
                        "A session with chromium over CDP failed at connect: 503"));
    }

    private static int another(SickGrid grid, String... options) {
        var redis = RedisServer.start(options);
        grid.others.add(redis);
        return redis.port();
    }
}
