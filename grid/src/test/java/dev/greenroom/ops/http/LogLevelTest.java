package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import dev.greenroom.ops.log.ProcessLog.QuietStart;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

@Isolated("the log of the JVM")
final class LogLevelTest {
    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
    }

    @AfterEach
    void close() {
        grid.close();
        new QuietStart().configure((LoggerContext) LoggerFactory.getILoggerFactory());
    }

    @Test
    void the_level_of_a_process_is_changed_while_it_runs() throws Exception {
        var before = grid.get("/v1/log-level").body();

        var answer = grid.send("PUT", "/v1/log-level?level=error");

        assertThat(before).isEqualTo("{\"level\":\"warn\",\"configured\":\"warn\",\"seconds\":0}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"level\":\"error\",\"configured\":\"warn\",\"seconds\":0}");
        assertThat(LoggerFactory.getLogger("dev.greenroom.any").isWarnEnabled()).isFalse();
        assertThat(grid.get("/v1/log-level").body()).isEqualTo(answer.body());
    }

    @Test
    void a_level_that_was_changed_for_a_while_comes_back_by_itself() throws Exception {
        var answer = grid.send("PUT", "/v1/log-level?level=ERROR&seconds=1");

        assertThat(answer.body()).isEqualTo("{\"level\":\"error\",\"configured\":\"warn\",\"seconds\":1}");
        await().until(() -> grid.get("/v1/log-level").body().contains("\"level\":\"warn\""));
        assertThat(LoggerFactory.getLogger("dev.greenroom.any").isWarnEnabled()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                /v1/log-level                          | level must be debug, info, warn or error
                /v1/log-level?level=trace              | level must be debug, info, warn or error
                /v1/log-level?level=info&seconds=soon  | seconds must be a whole number, 1 to 86400; 0 for good
                /v1/log-level?level=info&seconds=86401 | seconds must be a whole number, 1 to 86400; 0 for good
                """)
    void a_level_that_is_none_is_refused_with_the_rule(String path, String rule) throws Exception {
        var answer = grid.send("PUT", path);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo("{\"error\":\"" + rule + "\"}");
    }
}
