package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.testkit.LoggedLines;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

@Timeout(30)
@Isolated("the log of the JVM")
class RequestThreadsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<HttpResponse> answers = new CopyOnWriteArrayList<>();
    private final RequestThreads threads = new RequestThreads();

    @Test
    void a_request_that_was_served_is_left_alone() throws Exception {
        try (var log = LoggedLines.of(RequestThreads.class.getName())) {
            serve(() -> {});

            assertThat(answers).isEmpty();
            assertThat(log.withCode("REQUEST_FAILED")).isEmpty();
        }
    }

    @Test
    void a_request_that_fails_is_answered_with_500_and_the_log_says_which_it_was() throws Exception {
        try (var log = LoggedLines.of(RequestThreads.class.getName())) {
            serve(() -> {
                throw new IllegalStateException("a mistake");
            });

            assertThat(answers).singleElement().extracting(HttpResponse::status).isEqualTo(500);
            assertThat(log.withCode("REQUEST_FAILED"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR")
                    .contains("/path");
        }
    }

    @Test
    void an_error_of_the_machine_is_answered_like_any_other_failure() throws Exception {
        try (var _ = LoggedLines.of(RequestThreads.class.getName())) {
            serve(() -> {
                throw new StackOverflowError();
            });

            assertThat(answers).hasSize(1);
        }
    }

    @Test
    void who_is_interrupted_has_nobody_to_answer() throws Exception {
        try (var log = LoggedLines.of(RequestThreads.class.getName())) {
            serve(() -> {
                throw new InterruptedException();
            });

            assertThat(answers).isEmpty();
            assertThat(log.withCode("REQUEST_FAILED")).isEmpty();
        }
    }

    @Test
    void requests_that_are_served_still_are_waited_for_until_the_time_is_up() throws Exception {
        var go = new CountDownLatch(1);
        var served = threads.start(go::await, () -> "/path", answers::add);

        threads.awaitNone(Duration.ZERO);
        assertThat(served.isAlive()).isTrue();

        go.countDown();
        threads.awaitNone(PATIENCE);
        served.join();
        assertThat(answers).isEmpty();
    }

    private void serve(RequestThreads.Task task) throws InterruptedException {
        threads.start(task, () -> "/path", answers::add);
        threads.awaitNone(PATIENCE);
    }
}
