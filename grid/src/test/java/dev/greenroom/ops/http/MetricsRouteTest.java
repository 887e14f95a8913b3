package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `/metrics` for people, and for Prometheus.
final class MetricsRouteTest {
    private static final String SCRAPER =
            "application/openmetrics-text;version=1.0.0;q=0.6," + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                /metrics            | */*                                | application/json
                /metrics            | text/plain                         | application/json
                /metrics            | application/openmetrics-text       | application/openmetrics-text
                /metrics            | text/plain;version=0.0.4           | text/plain; version=0.0.4
                /metrics/prometheus | */*                                | text/plain; version=0.0.4
                /metrics/prometheus | application/json                   | text/plain; version=0.0.4
                /metrics/prometheus | application/openmetrics-text       | application/openmetrics-text
                """)
    void who_reads_decides_the_format(String path, String accept, String type) throws Exception {
        var answer = grid.get(path, "Accept", accept);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
    }

    @Test
    void prometheus_sees_the_whole_grid_as_the_registry_told_it_last_even_while_it_is_silent() throws Exception {
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.beat(BrowserType.CHROMIUM, "b", WorkerStatus.DRAINING);
        grid.lease(BrowserType.CHROMIUM);
        grid.get("/v1/workers");
        grid.registry.goDown();
        grid.get("/v1/workers");

        var text = grid.get("/metrics", "Accept", SCRAPER).body();

        assertThat(text)
                .contains("grid_capacity_slots{browser=\"chromium\",state=\"active\"} 1.0\n")
                .contains("grid_capacity_slots{browser=\"chromium\",state=\"available\"} 4.0\n")
                .contains("grid_capacity_slots{browser=\"chromium\",state=\"unavailable\"} 5.0\n")
                .contains("grid_capacity_slots{browser=\"firefox\",state=\"available\"} 0.0\n")
                .contains("grid_workers{browser=\"chromium\",status=\"available\"} 1.0\n")
                .contains("grid_workers{browser=\"chromium\",status=\"draining\"} 1.0\n")
                .contains("grid_worker_suspect{browser=\"chromium\"} 0.0\n")
                .contains("grid_registry_answering 0.0\n");
    }

    @Test
    void a_worker_that_appears_is_a_start_and_those_that_were_there_before_are_not() throws Exception {
        grid.beat(BrowserType.FIREFOX, "old", WorkerStatus.AVAILABLE);
        grid.start();
        await().until(() -> grid.get("/health/ready").statusCode() == 200);

        grid.beat(BrowserType.FIREFOX, "new", WorkerStatus.AVAILABLE);

        await().untilAsserted(() -> assertThat(grid.get("/metrics/prometheus").body())
                .contains("grid_worker_starts_total{browser=\"firefox\"} 1.0\n"));
    }
}
