package dev.greenroom.registry.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.settings.RedisSettings;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RedisAccessTest {
    @Test
    void a_call_has_the_deadlines_of_the_registry_and_none_of_the_library_s_own() {
        var settings =
                new RedisSettings(Optional.empty(), Optional.of("127.0.0.1"), 1, Optional.empty(), Optional.empty());

        try (var access = RedisAccess.open(settings)) {
            assertThat(access.client().getOptions().getTimeoutOptions().isTimeoutCommands())
                    .isFalse();
        }
    }
}
