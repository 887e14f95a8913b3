package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.ProxySections.LeaseSettings;
import dev.greenroom.registry.redis.RedisExamination.RedisReport.Registered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Checks of the registered workers.
final class WorkerChecks {
    private static final int HEARTBEATS_PER_ORDER = 4;

    private WorkerChecks() {}

    private static List<Registered> registered(DoctorFacts facts) {
        return facts.redis().found().orElseThrow().workers();
    }

    static List<DoctorFinding> sample(DoctorFacts facts) {
        if (facts.workers().isEmpty()) {
            return List.of(DoctorFinding.error("No worker is registered", "Start workers with the same REDIS_URL."));
        }
        return facts.workers().stream().anyMatch(ExaminedWorker::isAvailable)
                ? List.of()
                : List.of(DoctorFinding.error(
                        "No worker is available; all are draining", "Start more, or wait for their replacements."));
    }

    static List<DoctorFinding> timing(DoctorFacts facts) {
        var order = SettingsChecks.of(ProxySettings.class, facts.environment())
                .map(ProxySettings::lease)
                .map(LeaseSettings::shutdownCommandTtl);
        var findings = new ArrayList<DoctorFinding>();
        for (var worker : registered(facts)) {
            if (worker.heartbeat().isPositive()) {
                findings.addAll(timing(worker, order));
            }
        }
        return findings;
    }

    /// The lifetime of a record is known in whole seconds only, so one second is added.
    private static List<DoctorFinding> timing(Registered worker, Optional<Duration> order) {
        var findings = new ArrayList<DoctorFinding>();
        var beat = worker.heartbeat();
        var ttl = worker.ttl().plusSeconds(1);
        if (worker.ttl().isPositive() && ttl.compareTo(beat) <= 0) {
            findings.add(DoctorFinding.error(
                    worker.id() + " is registered for " + worker.ttl().toSeconds() + " s and sends a heartbeat"
                            + " every " + beat.toSeconds() + " s, so it counts as dead in between",
                    "Set REDIS_KEY_TTL of that worker to twice its HEARTBEAT_INTERVAL or more."));
        } else if (worker.ttl().isPositive() && ttl.compareTo(beat.multipliedBy(2)) < 0) {
            findings.add(DoctorFinding.warning(
                    worker.id() + " is registered for less than two of its heartbeats of " + beat.toSeconds() + " s",
                    "Set REDIS_KEY_TTL of that worker to twice its HEARTBEAT_INTERVAL or more."));
        }
        if (order.isPresent() && order.get().compareTo(beat) <= 0) {
            findings.add(DoctorFinding.error(
                    "A shutdown command expires after " + order.get().toSeconds() + " s, and " + worker.id()
                            + " checks for one every " + beat.toSeconds() + " s",
                    "Set SHUTDOWN_COMMAND_TTL of the proxies to four heartbeats or more."));
        } else if (order.isPresent() && order.get().compareTo(beat.multipliedBy(HEARTBEATS_PER_ORDER)) < 0) {
            findings.add(DoctorFinding.warning(
                    "A shutdown command expires in less than four heartbeats of " + worker.id(),
                    "Set SHUTDOWN_COMMAND_TTL of the proxies to four heartbeats or more."));
        }
        return findings;
    }

    static List<DoctorFinding> counters(DoctorFacts facts) {
        return registered(facts).stream()
                .filter(worker -> worker.nativeWorker() && worker.counter() != worker.leases())
                .map(
                        worker -> DoctorFinding.warning(
                                "cluster:active_connections is " + worker.counter() + " for " + worker.id()
                                        + ", but it has " + worker.leases() + " leases",
                                "Nothing to do if it disappears within a heartbeat; otherwise another program writes these keys."))
                .toList();
    }

    /// One worker is recycled at a time; the others continue until it is their turn.
    static List<DoctorFinding> recycling(DoctorFacts facts) {
        var limit = SettingsChecks.of(ProxySettings.class, facts.environment())
                .map(settings -> settings.capacity().maxLifetimeSessions())
                .orElse(Integer.MAX_VALUE);
        var overdue = facts.workers().stream()
                .filter(ExaminedWorker::isAvailable)
                .filter(worker -> worker.lifetime() / 2 >= (worker.limit() > 0 ? worker.limit() : limit))
                .map(ExaminedWorker::id)
                .toList();
        return overdue.isEmpty()
                ? List.of()
                : List.of(DoctorFinding.warning(
                        String.join(", ", overdue) + " served twice MAX_LIFETIME_SESSIONS without being recycled",
                        "Check that workers reach Redis and, with RECYCLE=exit, that they are started again. If they"
                                + " cannot be recycled fast enough, raise MAX_LIFETIME_SESSIONS."));
    }

    static List<DoctorFinding> suspects(DoctorFacts facts) {
        return facts.workers().stream()
                .filter(ExaminedWorker::suspect)
                .map(worker -> DoctorFinding.warning(
                        worker.id() + " is suspect: a proxy could not reach it at " + worker.address(),
                        "Check for a firewall, a wrong PRIVATE_HOSTNAME, or a worker that hangs."))
                .toList();
    }

    static List<DoctorFinding> versions(DoctorFacts facts) {
        var versions = facts.workers().stream()
                .map(ExaminedWorker::software)
                .filter(software -> software.startsWith("greenroom/"))
                .collect(Collectors.toCollection(TreeSet::new));
        return versions.size() < 2
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "Workers run different versions: " + String.join(", ", versions),
                        "Normal during an update; otherwise finish the update."));
    }
}
