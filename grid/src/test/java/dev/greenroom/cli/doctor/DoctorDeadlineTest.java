package dev.greenroom.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.cli.doctor.DoctorTool.DoctorDeadlines;
import dev.greenroom.cli.doctor.DoctorTool.Trial;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.config.CommandSettings.DoctorSettings.Examination;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class DoctorDeadlineTest {
    private static final Duration SHORT = Duration.ofSeconds(5);
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final DoctorDeadlines SHORT_FACTS = new DoctorDeadlines(SHORT, LONG);
    private static final DoctorDeadlines SHORT_CHECKS = new DoctorDeadlines(LONG, SHORT);

    @TempDir
    private Path folder;

    @Test
    void a_redis_and_a_grid_that_never_answer_take_no_longer_than_they_may_both_together() throws Exception {
        try (var silent = silent()) {
            var diagnosis = doctor(
                            "ws://localhost:" + silent.getLocalPort(),
                            Optional.of(silent),
                            (_, _) -> Optional.empty(),
                            SHORT_FACTS)
                    .examine();

            assertThat(findings(diagnosis, "redis reachable"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.what()).startsWith("Redis cannot be used: "));
            assertThat(findings(diagnosis, "grid reachable"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.what()).contains("within 5 s"));
        }
    }

    @Test
    void a_check_that_hangs_and_hears_no_interrupt_is_a_finding_and_the_others_are_made() throws Exception {
        var never = new CountDownLatch(1);
        try (var grid = FakeGrid.start()) {
            var worker = FakeGrid.worker("chromium:a", "available", 0, 1);
            grid.on("GET /health/ready", 200, "{\"status\":\"ready\"}");
            grid.on("GET /v1/workers", 200, FakeGrid.workers(worker));
            grid.on("GET /v1/overview", 200, FakeGrid.overview(0, worker));

            var diagnosis = doctor(grid.url(), Optional.empty(), (_, _) -> deaf(never), SHORT_CHECKS)
                    .examine();
            never.countDown();

            assertThat(findings(diagnosis, "sessions"))
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.what()).isEqualTo("This check did not finish within 5 s"));
            assertThat(diagnosis.results().stream().filter(Diagnosis::isPassed).map(Diagnosis.CheckResult::check))
                    .contains("grid reachable", "grid ready", "workers", "addresses");
        }
    }

    /// Waits on and on, whoever interrupts.
    private static Optional<String> deaf(CountDownLatch never) {
        while (true) {
            try {
                never.await();
                return Optional.empty();
            } catch (InterruptedException _) {
                // Deaf.
            }
        }
    }

    private static List<DoctorFinding> findings(Diagnosis diagnosis, String check) {
        return diagnosis.results().stream()
                .filter(result -> result.check().equals(check))
                .flatMap(result -> result.findings().stream())
                .toList();
    }

    /// Connections to it are made by the system, and nobody speaks.
    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    private DoctorTool doctor(String url, Optional<ServerSocket> redis, Trial trial, DoctorDeadlines deadlines) {
        var settings = new DoctorSettings(
                new GridSettings(url, Optional.empty(), Optional.empty()),
                new RedisSettings(
                        Optional.empty(),
                        redis.map(_ -> "127.0.0.1"),
                        redis.map(ServerSocket::getLocalPort).orElse(6379),
                        Optional.empty(),
                        Optional.empty()),
                new DriverSettings(
                        new SupportedVersions.Any(),
                        folder,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Optional.empty()),
                new Examination(false, false, 1, false));
        return new DoctorTool(settings, Map.of(), trial, deadlines);
    }
}
