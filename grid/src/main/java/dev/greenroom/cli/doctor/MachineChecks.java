package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.worker.browser.BrowserSetup.VideoRecorder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Checks whether this machine has the resources that settings and workers need.
final class MachineChecks {
    private static final long PER_SESSION = 2;
    private static final long RESERVE = 200;
    private static final int FEWEST_PORTS = 5_000;
    private static final long GIGABYTE = 1L << 30;
    private static final double HEADROOM = 0.95;
    private static final int MOST_ZOMBIES = 20;

    private MachineChecks() {}

    static List<DoctorFinding> descriptors(DoctorFacts facts) {
        var told = number(facts, "MAX_CONNECTIONS");
        var slots = facts.workers().stream().mapToLong(ExaminedWorker::cap).sum();
        var need = (PER_SESSION * Math.max(told, slots)) + RESERVE;
        return need <= facts.machine().descriptors()
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "A process may open " + facts.machine().descriptors() + " file descriptors here; "
                                + Math.max(told, slots) + " connections need " + need,
                        "Raise it (ulimit -n, LimitNOFILE of systemd, or the container's ulimits), or lower"
                                + " MAX_CONNECTIONS."));
    }

    /// A few zombies are normal.
    static List<DoctorFinding> zombies(DoctorFacts facts) {
        return zombies(facts.machine().zombies());
    }

    static List<DoctorFinding> zombies(MachineFacts.Zombies zombies) {
        return zombies.count() <= MOST_ZOMBIES
                ? List.of()
                : List.of(DoctorFinding.warning(
                        zombies.count() + " dead processes (zombies) have not been reaped by process 1 ("
                                + zombies.processOne() + "); they count towards the process limit",
                        "Run an init as process 1: `docker run --init`, tini in the image, or Greenroom itself."));
    }

    private static long number(DoctorFacts facts, String name) {
        var text = facts.environment().getOrDefault(name, "").strip();
        return text.matches("\\d{1,9}") ? Long.parseLong(text) : 0;
    }

    static List<DoctorFinding> ports(DoctorFacts facts) {
        var findings = new ArrayList<DoctorFinding>();
        var machine = facts.machine();
        var range = machine.firstPort() + " to " + machine.lastPort();
        if (machine.lastPort() - machine.firstPort() + 1 < FEWEST_PORTS) {
            findings.add(DoctorFinding.warning(
                    "Only ports " + range + " are available for outgoing connections, and each session needs one",
                    "Widen net.ipv4.ip_local_port_range."));
        }
        var port = number(facts, "PORT");
        if (port >= machine.firstPort() && port <= machine.lastPort()) {
            findings.add(DoctorFinding.warning(
                    "PORT=" + port + " is in the port range for outgoing connections (" + range
                            + "), so it may be in use at start",
                    "Choose a port below " + machine.firstPort() + "."));
        }
        return findings;
    }

    static List<DoctorFinding> memory(DoctorFacts facts) {
        var told = number(facts, "MAX_CONCURRENT_SESSIONS");
        var cap = SettingsChecks.of(ProxySettings.class, facts.environment())
                .map(settings -> settings.capacity().maxConcurrentSessions())
                .orElse(Integer.MAX_VALUE);
        var here = facts.workers().stream()
                .filter(MachineChecks::isHere)
                .mapToLong(worker -> Math.min(worker.cap() == 0 ? cap : worker.cap(), cap))
                .sum();
        var slots = Math.max(told, here);
        var need = need(slots);
        return need * HEADROOM <= facts.machine().memoryBytes()
                ? List.of()
                : List.of(DoctorFinding.warning(
                        String.format(
                                Locale.ROOT,
                                "%d concurrent sessions need about %.1f GB of memory; there are %.1f GB here",
                                slots,
                                need / (double) GIGABYTE,
                                facts.machine().memoryBytes() / (double) GIGABYTE),
                        "Lower MAX_CONCURRENT_SESSIONS, use more machines, or set ISOLATION=shared if clients trust"
                                + " each other."));
    }

    /// From the table of the production checklist; beyond it, as much per session as in its last row.
    private static long need(long slots) {
        if (slots <= 2) {
            return slots == 0 ? 0 : GIGABYTE;
        }
        if (slots <= 5) {
            return 2 * GIGABYTE;
        }
        return slots <= 10 ? 4 * GIGABYTE : slots * 4 * GIGABYTE / 10;
    }

    /// Whether workers on this machine can record videos.
    static List<DoctorFinding> video(DoctorFacts facts) throws InterruptedException {
        if (facts.workers().stream().noneMatch(MachineChecks::isHere)) {
            return List.of();
        }
        var recorder = VideoRecorder.find(facts.environment());
        if (recorder.isEmpty()) {
            return List.of(DoctorFinding.warning(
                    "There is no ffmpeg here, so the workers of this machine record no videos",
                    "If clients record videos (recordVideo, --video): " + VideoRecorder.REMEDY + "."));
        }
        return VideoRecorder.writesWebm(recorder.get())
                ? List.of()
                : List.of(DoctorFinding.warning(
                        recorder.get() + " writes no VP8 and VP9, so the workers of this machine record no videos",
                        "If clients record videos: " + VideoRecorder.REMEDY + "."));
    }

    private static boolean isHere(ExaminedWorker worker) {
        try {
            return !worker.host().isEmpty() && MachineFacts.isOwn(InetAddress.getByName(worker.host()));
        } catch (UnknownHostException _) {
            return false;
        }
    }
}
