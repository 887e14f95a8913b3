package dev.greenroom.e2e.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/// What the programs around stock clients of the Chrome DevTools Protocol answer.
public final class CdpVisit {
    private CdpVisit() {}

    /// Fails unless the client found the one blank page of its browser, and did on a
    /// [dev.greenroom.e2e.grid.TestSite] all that it was to do.
    public static void assertThatItDidEverything(JsonNode answer) {
        assertThat(texts(answer.get("found"))).containsExactly("about:blank");
        assertThat(answer.get("title").asString()).isEqualTo("Green room");
        assertThat(answer.get("pressed").asString()).isEqualTo("pressed 1");
        assertThat(answer.get("screenshot").asInt()).isPositive();
        assertThat(answer.get("second").asString()).isEqualTo("Hello, Ada");
    }

    /// A list of texts.
    public static List<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(JsonNode::asString)
                .toList();
    }
}
