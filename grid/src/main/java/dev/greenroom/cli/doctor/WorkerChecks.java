package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.settings.ProxySections.LeaseSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.registry.redis.RedisExamination.RedisReport.Registered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The workers as they are registered.
final class WorkerChecks {
    private static final int HEARTBEATS_PER_ORDER = 4;

    private WorkerChecks() {}

    private static List<Registered> registered(DoctorFacts doctorFacts) {
        return doctorFacts.redis().found().orElseThrow().workers();
    }

    static List<DoctorFinding> sample(DoctorFacts doctorFacts) {
        if (doctorFacts.workers().isEmpty()) {
            return List.of(DoctorFinding.error("No worker is registered", "Start workers with the same REDIS_URL."));
        }
        return doctorFacts.workers().stream().anyMatch(ExaminedWorker::isAvailable)
                ? List.of()
                : List.of(DoctorFinding.error(
                        "No worker is available; all drain", "Start more, or wait for the next ones."));
    }

    static List<DoctorFinding> timing(DoctorFacts doctorFacts) {
        var order = SettingsChecks.of(ProxySettings.class, doctorFacts.environment())
                .map(ProxySettings::lease)
                .map(LeaseSettings::shutdownCommandTtl);
        var findings = new ArrayList<DoctorFinding>();
        for (var worker : registered(doctorFacts)) {
            if (worker.heartbeat().isPositive()) {
                findings.addAll(timing(worker, order));
            }
        }
        return findings;
    }

    /// Lifetimes of records are known to the second only.
    private static List<DoctorFinding> timing(Registered worker, Optional<Duration> order) {
        var findings = new ArrayList<DoctorFinding>();
        var beat = worker.heartbeat();
        var ttl = worker.ttl().plusSeconds(1);
        if (worker.ttl().isPositive() && ttl.compareTo(beat) <= 0) {
            findings.add(DoctorFinding.error(
                    worker.id() + " is registered for " + worker.ttl().toSeconds() + " s and gives a sign of life"
                            + " every " + beat.toSeconds() + " s, so it counts as dead in between",
                    "Set REDIS_KEY_TTL of that worker to twice its HEARTBEAT_INTERVAL or more."));
        } else if (worker.ttl().isPositive() && ttl.compareTo(beat.multipliedBy(2)) < 0) {
            findings.add(DoctorFinding.warning(
                    worker.id() + " is registered for less than two of its heartbeats of " + beat.toSeconds() + " s",
                    "Set REDIS_KEY_TTL of that worker to twice its HEARTBEAT_INTERVAL or more."));
        }
        if (order.isPresent() && order.get().compareTo(beat) <= 0) {
            findings.add(DoctorFinding.error(
                    "A shutdown order lives for " + order.get().toSeconds() + " s, and " + worker.id()
                            + " looks for one every " + beat.toSeconds() + " s",
                    "Set SHUTDOWN_COMMAND_TTL of the proxies to four heartbeats or more."));
        } else if (order.isPresent() && order.get().compareTo(beat.multipliedBy(HEARTBEATS_PER_ORDER)) < 0) {
            findings.add(DoctorFinding.warning(
                    "A shutdown order lives for less than four heartbeats of " + worker.id(),
                    "Set SHUTDOWN_COMMAND_TTL of the proxies to four heartbeats or more."));
        }
        return findings;
    }

    static List<DoctorFinding> counters(DoctorFacts doctorFacts) {
        return registered(doctorFacts).stream()
                .filter(worker -> worker.nativeWorker() && worker.counter() != worker.leases())
                .map(worker -> DoctorFinding.warning(
                        "cluster:active_connections says " + worker.counter() + " for " + worker.id() + ", its leases "
                                + worker.leases(),
                        "Nothing to do if it is gone within a heartbeat; else somebody else writes these keys."))
                .toList();
    }

    /// One at a time is recycled, the others serve on until their turn comes.
    static List<DoctorFinding> recycling(DoctorFacts doctorFacts) {
        var limit = SettingsChecks.of(ProxySettings.class, doctorFacts.environment())
                .map(settings -> settings.capacity().maxLifetimeSessions())
                .orElse(Integer.MAX_VALUE);
        var overdue = doctorFacts.workers().stream()
                .filter(ExaminedWorker::isAvailable)
                .filter(worker -> worker.lifetime() / 2 >= (worker.limit() > 0 ? worker.limit() : limit))
                .map(ExaminedWorker::id)
                .toList();
        return overdue.isEmpty()
                ? List.of()
                : List.of(DoctorFinding.warning(
                        String.join(", ", overdue) + " served twice MAX_LIFETIME_SESSIONS, and it is not recycled",
                        "See that workers reach Redis and, where they exit, that something starts them again. Where"
                                + " they cannot be recycled as fast as they are used up, raise"
                                + " MAX_LIFETIME_SESSIONS."));
    }

    static List<DoctorFinding> suspects(DoctorFacts doctorFacts) {
        return doctorFacts.workers().stream()
                .filter(ExaminedWorker::suspect)
                .map(worker -> DoctorFinding.warning(
                        worker.id() + " is suspect: a proxy could not reach it at " + worker.address(),
                        "Look for a firewall, a wrong PRIVATE_HOSTNAME, or a worker that hangs."))
                .toList();
    }

    static List<DoctorFinding> versions(DoctorFacts doctorFacts) {
        var versions = doctorFacts.workers().stream()
                .map(ExaminedWorker::software)
                .filter(software -> software.startsWith("greenroom/"))
                .collect(Collectors.toCollection(TreeSet::new));
        return versions.size() < 2
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "Workers run different versions: " + String.join(", ", versions),
                        "Fine during an update; afterwards, finish it."));
    }
}
