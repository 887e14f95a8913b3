package dev.greenroom.registry.redis;

import dev.greenroom.config.RedisSettings;
import dev.greenroom.data.TextResource;
import dev.greenroom.registry.Registry.RegistryUnavailableException;
import dev.greenroom.registry.redis.RedisExamination.RedisReport.Registered;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/// Examines a Redis server as `doctor` does: rights, speed, memory, proxies and workers. Writes one key, in a
/// script that deletes it again.
public final class RedisExamination {
    private static final int PINGS = 100;
    private static final int PERCENTILE = 99;
    private static final long PING_NANOS = Duration.ofSeconds(4).toNanos();
    private static final int FIELDS = 14;
    private static final long PERCENT = 100;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

    private final RedisAccess access;
    private final RedisCommands<String, String> redis;

    private RedisExamination(RedisAccess access, RedisCommands<String, String> redis) {
        this.access = access;
        this.redis = redis;
    }

    /// Connects, examines, and disconnects. Blocks for some seconds at most.
    ///
    /// @throws RegistryUnavailableException when it cannot be reached, or does not let this user in
    public static RedisReport of(RedisSettings settings) {
        try (var access = RedisAccess.openBlocking(settings);
                var connection = access.client().connect(access.address())) {
            return new RedisExamination(access, connection.sync()).examine();
        } catch (RedisException e) {
            throw new RegistryUnavailableException(rootCause(e), e);
        }
    }

    private static String rootCause(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage());
    }

    private RedisReport examine() {
        var info = redis.info();
        var facts = RedisServerInfo.of(info);
        return new RedisReport(
                facts.findings(),
                facts.replica(),
                slowest(),
                facts.replica() ? List.of() : refused(),
                isOpenToAll(),
                mayAnybodyWrite(),
                memoryPercent(info),
                proxies(),
                workers());
    }

    private Duration slowest() {
        var times = new ArrayList<Duration>();
        var began = System.nanoTime();
        while (times.size() < PINGS && System.nanoTime() - began < PING_NANOS) {
            var before = System.nanoTime();
            redis.ping();
            times.add(Duration.ofNanos(System.nanoTime() - before));
        }
        times.sort(null);
        return times.get(Math.min(times.size() - 1, times.size() * PERCENTILE / (int) PERCENT));
    }

    private List<String> refused() {
        var refused = new ArrayList<String>();
        try {
            List<Object> said = redis.eval(
                    script("doctor-rights"),
                    ScriptOutputType.MULTI,
                    new String[0],
                    UUID.randomUUID().toString());
            said.forEach(each -> refused.add(String.valueOf(each)));
        } catch (RedisCommandExecutionException e) {
            refused.add("EVAL: " + e.getMessage());
        }
        try (var pubSub = access.client().connectPubSub(access.address())) {
            pubSub.sync().psubscribe(RedisNotifications.patterns().toArray(String[]::new));
        } catch (RedisCommandExecutionException e) {
            refused.add("PSUBSCRIBE: " + e.getMessage());
        }
        return refused;
    }

    /// Managed servers often refuse `CONFIG`.
    private boolean isOpenToAll() {
        try {
            Map<String, String> config = redis.configGet("bind", "protected-mode");
            var bind = " " + config.getOrDefault("bind", "127.0.0.1") + " ";
            var everywhere = bind.isBlank() || bind.contains("*") || bind.contains(" 0.0.0.0 ");
            return everywhere && config.getOrDefault("protected-mode", "yes").equals("no");
        } catch (RedisCommandExecutionException _) {
            return false;
        }
    }

    /// Tries to delete a key that does not exist, without a password.
    private boolean mayAnybodyWrite() {
        var anonymous = RedisURI.builder(access.address()).build();
        anonymous.setCredentialsProvider(() -> Mono.just(RedisCredentials.just(null, (CharSequence) null)));
        try (var connection = access.client().connect(anonymous)) {
            connection.sync().del("grid:doctor:" + UUID.randomUUID());
            return true;
        } catch (RedisException _) {
            return false;
        }
    }

    /// Counts the subscribers of the channel for sessions that have to end: only proxies subscribe to it.
    private int proxies() {
        try {
            return redis.publish(RedisNotifications.endChannel("doctor"), "").intValue();
        } catch (RedisCommandExecutionException _) {
            return 0;
        }
    }

    private static int memoryPercent(String info) {
        var used = field(info, "used_memory");
        var limit = field(info, "maxmemory");
        return limit == 0 ? 0 : Math.toIntExact(Math.min(PERCENT, used * PERCENT / limit));
    }

    private static long field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .filter(value -> value.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    private List<Registered> workers() {
        try {
            List<Object> said = redis.eval(script("doctor-census"), ScriptOutputType.MULTI);
            var fields = said.stream().map(String::valueOf).toList();
            var workers = new ArrayList<Registered>();
            for (var at = 0; at + FIELDS <= fields.size(); at += FIELDS) {
                workers.add(worker(fields.subList(at, at + FIELDS)));
            }
            return workers;
        } catch (RedisCommandExecutionException _) {
            // Missing rights are reported already.
            return List.of();
        }
    }

    private static Registered worker(List<String> fields) {
        var left = Long.parseLong(fields.get(8));
        var since = NUMBER.matcher(fields.get(5)).find() && fields.get(5).length() <= 12
                ? Math.clamp(number(fields.get(13)) - (long) number(fields.get(5)), 0, Integer.MAX_VALUE)
                : 0;
        var ttl = left < 0 ? Duration.ZERO : Duration.ofMillis(left).plusSeconds(since);
        return new Registered(
                fields.get(0),
                fields.get(1),
                fields.get(2).toLowerCase(Locale.ROOT),
                fields.get(3),
                Duration.ofSeconds(number(fields.get(4))),
                ttl,
                number(fields.get(6)),
                number(fields.get(9)),
                number(fields.get(10)),
                number(fields.get(11)),
                fields.get(12).equals("1"),
                !fields.get(7).isEmpty());
    }

    private static int number(String text) {
        return text.matches("\\d{1,10}") ? (int) Math.min(Integer.MAX_VALUE, Long.parseLong(text)) : 0;
    }

    private static String script(String name) {
        return TextResource.read(RedisExamination.class, name + ".lua");
    }

    /// What a Redis server says of itself.
    record RedisServerInfo(String version, boolean replica, boolean loading, boolean cluster, String evictionPolicy) {

        /// Reads the reply to `INFO`.
        static RedisServerInfo of(String info) {
            Map<String, String> fields = new HashMap<>();
            for (var line : info.split("\r?\n", -1)) {
                var colon = line.indexOf(':');
                if (colon > 0) {
                    fields.put(
                            line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }
            return new RedisServerInfo(
                    fields.getOrDefault("redis_version", "0"),
                    !fields.getOrDefault("role", "master").equals("master"),
                    fields.getOrDefault("loading", "0").equals("1"),
                    fields.getOrDefault("cluster_enabled", "0").equals("1"),
                    fields.getOrDefault("maxmemory_policy", "noeviction"));
        }

        /// Whether scripts may start with a line of flags.
        boolean supportsScriptFlags() {
            return major() >= 7;
        }

        /// Problems of this server for a registry, each a sentence with the remedy.
        List<String> findings() {
            List<String> findings = new ArrayList<>();
            if (major() < 6 || (major() == 6 && minor() < 2)) {
                findings.add("Redis " + version + " is too old; use 6.2 or newer.");
            }
            if (cluster) {
                findings.add(
                        "Redis runs in cluster mode, which the registry's scripts cannot use; use a single server or"
                                + " Sentinel.");
            }
            if (!evictionPolicy.equals("noeviction")) {
                findings.add("Redis may evict the registry's keys (maxmemory-policy " + evictionPolicy
                        + "); set maxmemory-policy noeviction.");
            }
            return List.copyOf(findings);
        }

        private int major() {
            return part(0);
        }

        private int minor() {
            return part(1);
        }

        private int part(int index) {
            var parts = version.split("\\.", -1);
            return index < parts.length && parts[index].matches("\\d{1,6}") ? Integer.parseInt(parts[index]) : 0;
        }
    }

    /// The result of an examination.
    ///
    /// @param complaints problems of the server itself, each a sentence: the fault, a semicolon, the remedy
    /// @param replica whether it is a replica, which refuses writes
    /// @param slowest the 99th percentile of the time for an empty command
    /// @param refused commands that this user may not run, with the reason
    /// @param openToAll whether it listens on every interface without protection; false also when this is
    ///     unknown
    /// @param anybodyMayWrite whether a connection without a password may change keys
    /// @param memoryPercent how much of its limit is used; 0 without a limit
    /// @param proxies number of connected proxies; 0 when this user may not ask
    /// @param workers every worker that is registered
    public record RedisReport(
            List<String> complaints,
            boolean replica,
            Duration slowest,
            List<String> refused,
            boolean openToAll,
            boolean anybodyMayWrite,
            int memoryPercent,
            int proxies,
            List<Registered> workers) {

        /// A worker as it is registered.
        ///
        /// @param id `<browser>:<name>`
        /// @param url where it accepts sessions; contains a secret path
        /// @param heartbeat its heartbeat interval; zero where it is not known
        /// @param ttl how long its record lives after a heartbeat, to the second; zero where it never expires
        /// @param ownCap its own slot limit; zero where it sets none
        /// @param counter `cluster:active_connections`
        /// @param leases number of leases on it
        /// @param nativeWorker false for a foreign worker, whose counters the registry does not keep
        public record Registered(
                String id,
                String url,
                String status,
                String software,
                Duration heartbeat,
                Duration ttl,
                int ownCap,
                int counter,
                int lifetime,
                int leases,
                boolean suspect,
                boolean nativeWorker) {}
    }
}
