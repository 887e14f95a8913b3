package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.BrowserType;
import dev.greenroom.testkit.RedisServer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Health while a real Redis is in trouble.
@Timeout(60)
@Tag("check")
final class DeepHealthRedisIT {
    private static final String DEEP = "/health/deep";

    /// The limit of the check is half a second; this is for machines that are busy.
    private static final Duration BOUND = Duration.ofSeconds(3);

    private static final int CALLERS = 20;

    private final RedisServer redis = RedisServer.start();
    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        var registry = RedisRegistry.connect(redis.settings(), OpsFixture.LIMITS, Duration.ofSeconds(10));
        grid = new OpsFixture((_, _) -> registry);
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        grid.get("/v1/workers");
        assertThat(grid.get(DEEP).statusCode()).isEqualTo(200);
        grid.pass(HealthRoutes.CACHED);
    }

    @AfterEach
    void close() {
        redis.resume();
        grid.close();
        redis.close();
    }

    static List<Named<Consumer<RedisServer>>> troubles() {
        return List.of(
                Named.of("stopped", RedisServer::stop),
                Named.of("slow", redis -> redis.cli("CLIENT", "PAUSE", "60000")),
                Named.of("frozen", RedisServer::pause));
    }

    @ParameterizedTest
    @MethodSource("troubles")
    void a_redis_in_trouble_fails_the_deep_check_in_time_once_a_second_and_touches_no_other(
            Consumer<RedisServer> trouble) throws Exception {
        trouble.accept(redis);

        var asked = grid.registry.timesAsked();
        var began = System.nanoTime();
        var answers = all(CALLERS);
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(503);
        assertThat(answers)
                .extracting(HttpResponse::body)
                .containsOnly(answers.getFirst().body());
        assertThat(answers.getFirst().body())
                .contains("\"status\":\"failing\"")
                .containsPattern("registry d(id|oes) not");
        assertThat(took).isLessThan(BOUND);
        assertThat(grid.registry.timesAsked() - asked)
                .as("asked for all of them")
                .isEqualTo(1);
        assertThat(grid.get("/health").statusCode()).isEqualTo(200);
        assertThat(grid.get("/health/ready").statusCode()).isEqualTo(200);
        assertThat(grid.registry.timesAsked() - asked)
                .as("asked for shallow health")
                .isEqualTo(1);
    }

    @Test
    void a_redis_that_goes_on_passes_the_next_check() throws Exception {
        redis.pause();
        assertThat(grid.get(DEEP).statusCode()).isEqualTo(503);

        redis.resume();

        await().until(() -> {
            grid.pass(HealthRoutes.CACHED);
            return grid.get(DEEP).statusCode() == 200;
        });
    }

    private List<HttpResponse<String>> all(int callers) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> calls = IntStream.range(0, callers)
                    .mapToObj(_ -> threads.submit(() -> grid.get(DEEP)))
                    .toList();
            List<HttpResponse<String>> answers = new ArrayList<>();
            for (var call : calls) {
                answers.add(call.get());
            }
            return answers;
        }
    }
}
