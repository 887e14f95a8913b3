package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.registry.redis.RedisExamination.RedisReport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Checks of the Redis server.
final class RedisChecks {
    private static final Duration SLOW = Duration.ofMillis(100);
    private static final int NEARLY_FULL_PERCENT = 90;
    private static final String PASSWORD_REMEDY =
            "Set requirepass or an ACL user, set REDIS_PASSWORD or REDIS_URL accordingly, and allow only proxies and"
                    + " workers to reach the port.";

    private RedisChecks() {}

    private static RedisReport seen(DoctorFacts facts) {
        return facts.redis().found().orElseThrow();
    }

    static List<DoctorFinding> reachable(DoctorFacts facts) {
        return facts.redis().found().isPresent() || !facts.redis().asked()
                ? List.of()
                : List.of(DoctorFinding.error(
                        "Redis cannot be used: " + facts.redis().why(),
                        "Check REDIS_URL or REDIS_HOST, user and password, and that this machine can connect."));
    }

    static List<DoctorFinding> server(DoctorFacts facts) {
        var findings = new ArrayList<DoctorFinding>();
        for (var complaint : seen(facts).complaints()) {
            var semicolon = complaint.lastIndexOf("; ");
            findings.add(
                    semicolon < 0
                            ? DoctorFinding.error(complaint, "See docs/guide/production-checklist.md.")
                            : DoctorFinding.error(
                                    complaint.substring(0, semicolon), complaint.substring(semicolon + 2)));
        }
        if (seen(facts).replica()) {
            findings.add(DoctorFinding.error(
                    "This Redis is a read-only replica",
                    "Set REDIS_URL to the master, or to the sentinels (redis-sentinel://…)."));
        }
        return findings;
    }

    static List<DoctorFinding> latency(DoctorFacts facts) {
        var slowest = seen(facts).slowest();
        return slowest.compareTo(SLOW) < 0
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "Redis takes " + slowest.toMillis() + " ms for an empty command (99th percentile of 100)",
                        "Keep it under " + SLOW.toMillis()
                                + " ms: use a dedicated Redis in the same network that does not swap."));
    }

    static List<DoctorFinding> rights(DoctorFacts facts) {
        return seen(facts).refused().stream()
                .map(refusal -> DoctorFinding.error(
                        "The Redis user lacks the permission for a command that the registry needs: " + refusal,
                        "Allow +@all -@admin -@dangerous +info +scan on ~grid:* ~worker:* ~cluster:* and the channels"
                                + " &grid:* &worker:cmd:*."))
                .toList();
    }

    static List<DoctorFinding> exposure(DoctorFacts facts) {
        if (hasPassword(facts.settings().redis())) {
            return seen(facts).anybodyMayWrite()
                    ? List.of(DoctorFinding.error(
                            "Anyone who can reach the port of Redis can change its keys: the user \"default\" is on and"
                                    + " has no password",
                            "Disable it: the line \"user default off\" in the ACL file (deploy/redis/greenroom.acl), or"
                                    + " ACL SETUSER default off on the running server."))
                    : List.of();
        }
        var isPublic = facts.settings().redis().servers().stream().anyMatch(server -> isPublic(server.getHostString()));
        if (seen(facts).openToAll() || isPublic) {
            return List.of(DoctorFinding.error(
                    "Redis requires no password and "
                            + (isPublic ? "has a public address" : "listens on every interface"),
                    PASSWORD_REMEDY));
        }
        return facts.settings().redis().servers().stream().allMatch(server -> isLoopback(server.getHostString()))
                ? List.of()
                : List.of(DoctorFinding.warning("Redis requires no password", PASSWORD_REMEDY));
    }

    private static boolean hasPassword(RedisSettings redis) {
        return redis.password().isPresent()
                || redis.url().filter(url -> url.value().contains("@")).isPresent();
    }

    private static boolean isPublic(String host) {
        try {
            return AddressChecks.isPublic(InetAddress.getByName(host));
        } catch (UnknownHostException _) {
            return false;
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }

    static List<DoctorFinding> memory(DoctorFacts facts) {
        var percent = seen(facts).memoryPercent();
        return percent < NEARLY_FULL_PERCENT
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "Redis uses " + percent + " % of its maxmemory",
                        "Raise maxmemory, or use a dedicated Redis; a full one grants no slots."));
    }
}
