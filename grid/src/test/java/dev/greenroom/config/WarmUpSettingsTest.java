package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.CommandSettings.MetricsSettings.WarmUpSettings;
import dev.greenroom.testkit.LoggedLines;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WarmUpSettingsTest {
    @Test
    void who_still_sets_it_is_told_that_it_has_no_effect() {
        try (var lines = LoggedLines.of("dev.greenroom.config")) {
            new WarmUpSettings(Optional.empty()).warnIfSet();
            assertThat(lines.withCode("WARM_UP_IGNORED")).isEmpty();

            new WarmUpSettings(Optional.of("false")).warnIfSet();
            assertThat(lines.withCode("WARM_UP_IGNORED")).hasSize(1);
        }
    }
}
