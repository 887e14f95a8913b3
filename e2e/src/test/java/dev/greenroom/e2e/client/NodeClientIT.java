package dev.greenroom.e2e.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeClientIT {
    @Test
    void a_script_that_throws_ends_with_its_error_although_something_keeps_it_going() {
        var client = NodeClient.of("1.62.0");

        assertThatThrownBy(() -> client.run("mistake.mjs", "ws://nowhere", Map.of()))
                .isInstanceOf(ClientFailedException.class)
                .hasMessageContaining("a mistake");
    }
}
