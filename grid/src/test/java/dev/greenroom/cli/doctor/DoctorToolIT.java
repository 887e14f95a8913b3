package dev.greenroom.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.cli.doctor.Diagnosis.CheckResult;
import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.cli.terminal.Terminal;
import dev.greenroom.testkit.Canary;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

@Timeout(90)
final class DoctorToolIT {
    private static final Terminal PAPER = new Terminal(false, false, 100, 24);

    @TempDir
    private Path folder;

    private SickGrid grid;

    @BeforeEach
    void start() throws Exception {
        grid = new SickGrid(folder);
    }

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    @ParameterizedTest
    @MethodSource("dev.greenroom.cli.doctor.Misconfigurations#all")
    void finds(Misconfigurations.Planted planted) throws Exception {
        planted.plant().in(grid);

        var results = grid.doctor(false, false).examine().results();

        assertThat(results.stream().filter(result -> result.check().equals(planted.check())))
                .flatExtracting(CheckResult::findings)
                .anySatisfy(finding -> {
                    assertThat(finding.severity()).isEqualTo(planted.severity());
                    assertThat(finding.what()).contains(planted.words()).doesNotContain(Canary.mark());
                    assertThat(finding.remedy()).endsWith(".");
                });
    }

    /// Processes that other tests have killed may wait to be reaped for a moment, which the doctor would report.
    @Test
    void a_grid_that_is_well_gives_no_finding() {
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            var out = new StringWriter();

            var code = grid.doctor(true, false).run(new PrintWriter(out), PAPER);

            assertThat(out.toString())
                    .isEqualTo("\n30 checks passed, 0 were not possible from here. 0 errors, 0 warnings.\n");
            assertThat(code).isEqualTo(ExitCodes.OK);
        });
    }

    @Test
    void what_cannot_be_looked_at_without_redis_is_said_and_is_no_finding() throws Exception {
        grid.redisPort = Optional.empty();

        var results = grid.doctor(false, false).examine().results();

        assertThat(results.stream().filter(result -> result.check().equals("redis latency")))
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.impossible()).isEqualTo("REDIS_URL is not set");
                    assertThat(result.findings()).isEmpty();
                });
    }

    @Test
    void checks_that_could_not_be_made_for_one_reason_are_one_line() throws Exception {
        grid.redisPort = Optional.empty();
        var out = new StringWriter();

        grid.doctor(true, false).run(new PrintWriter(out), PAPER);

        assertThat(out.toString().lines().filter(line -> line.startsWith("skipped")))
                .singleElement()
                .asString()
                .startsWith("skipped  redis server, redis latency, ")
                .endsWith(": REDIS_URL is not set");
    }

    @Test
    void what_the_default_does_as_well_is_not_mended_by_unsetting_the_variable() throws Exception {
        grid.environment.put("BIND_ADDRESS", "0.0.0.0");

        assertThat(grid.doctor(false, false).examine().results().stream()
                        .filter(result -> result.check().equals("settings"))
                        .flatMap(result -> result.findings().stream()))
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.remedy()).isEqualTo("Set another value; the default has the same effect."));
    }

    @Test
    void limits_of_tokens_are_no_finding_where_one_proxy_counts_them() throws Exception {
        grid.limitTokens(1);

        assertThat(grid.doctor(false, false).examine().results().stream()
                        .filter(result -> result.check().equals("token limits")))
                .singleElement()
                .satisfies(result -> assertThat(result.findings()).isEmpty());
    }

    @Test
    void limits_of_tokens_are_no_finding_as_long_as_they_are_divided_for_no_fewer_proxies() throws Exception {
        grid.limitTokens(3);

        grid.dividedFor = 2;
        assertThat(ofTokenLimits())
                .singleElement()
                .satisfies(finding -> assertThat(finding.what()).contains("there are 3, not the 2 that they are"));

        grid.dividedFor = 3;
        assertThat(ofTokenLimits()).isEmpty();
    }

    private List<DoctorFinding> ofTokenLimits() throws Exception {
        return grid.doctor(true, false).examine().results().stream()
                .filter(result -> result.check().equals("token limits"))
                .flatMap(result -> result.findings().stream())
                .toList();
    }

    @Test
    void a_warning_fails_the_strict_only() throws Exception {
        grid.change("software", "greenroom/0");
        var out = new StringWriter();

        assertThat(grid.doctor(false, true).run(new PrintWriter(out), PAPER)).isEqualTo(ExitCodes.OK);
        assertThat(grid.doctor(true, true).run(new PrintWriter(new StringWriter()), PAPER))
                .isEqualTo(ExitCodes.FAILED);

        var json = new JsonMapper().readTree(out.toString());
        assertThat(json.path("warnings").asInt()).isEqualTo(1);
        assertThat(json.path("findings").path(0).path("check").asString("")).isEqualTo("versions");
        assertThat(json.path("passed")).hasSize(29);
    }
}
