package dev.greenroom.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class RecordingChoiceTest {
    @ParameterizedTest
    @CsvSource({"'', '', USUAL", "off, '', NONE", "video, '', ALL", "video, always, ALL", "video, failed, FAILED"})
    void a_client_asks_for_it_with_two_parameters(String record, String retain, RecordingChoice choice) {
        assertThat(RecordingChoice.of(record, retain)).isEqualTo(choice);
    }

    @ParameterizedTest
    @CsvSource({"gif, ''", "'', failed", "off, failed", "video, never"})
    void what_means_nothing_is_refused_with_what_there_is(String record, String retain) {
        assertThatThrownBy(() -> RecordingChoice.of(record, retain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("record is \"video\" or \"off\"");
    }

    @ParameterizedTest
    @EnumSource
    void a_choice_reaches_the_worker_as_it_is(RecordingChoice choice) {
        assertThat(RecordingChoice.ofHeader(Optional.of(choice.word()))).isEqualTo(choice);
    }
}
