package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.LoggedLines;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingTest {
    private final List<Answer> answers = new ArrayList<>();

    @Test
    void a_request_that_was_served_is_left_alone() {
        try (var log = LoggedLines.of(Serving.class.getName())) {
            Serving.run(() -> {}, () -> "/path", answers::add);

            assertThat(answers).isEmpty();
            assertThat(log.withCode("REQUEST_FAILED")).isEmpty();
        }
    }

    @Test
    void a_request_that_fails_is_answered_with_500_and_the_log_says_which_it_was() {
        try (var log = LoggedLines.of(Serving.class.getName())) {
            Serving.run(
                    () -> {
                        throw new IllegalStateException("a mistake");
                    },
                    () -> "/path",
                    answers::add);

            assertThat(answers).singleElement().extracting(Answer::status).isEqualTo(500);
            assertThat(log.withCode("REQUEST_FAILED"))
                    .singleElement()
                    .asString()
                    .startsWith("ERROR")
                    .contains("/path");
        }
    }

    @Test
    void an_error_of_the_machine_is_answered_like_any_other_failure() {
        try (var _ = LoggedLines.of(Serving.class.getName())) {
            Serving.run(
                    () -> {
                        throw new StackOverflowError();
                    },
                    () -> "/path",
                    answers::add);

            assertThat(answers).hasSize(1);
        }
    }

    @Test
    void who_is_interrupted_has_nobody_to_answer() {
        try (var log = LoggedLines.of(Serving.class.getName())) {
            Serving.run(
                    () -> {
                        throw new InterruptedException();
                    },
                    () -> "/path",
                    answers::add);

            assertThat(answers).isEmpty();
            assertThat(log.withCode("REQUEST_FAILED")).isEmpty();
        }
    }
}
