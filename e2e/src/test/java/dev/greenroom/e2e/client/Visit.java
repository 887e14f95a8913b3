package dev.greenroom.e2e.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.grid.TestSite;
import java.util.Arrays;
import java.util.Base64;

/// What a client saw on a [TestSite].
///
/// @param pressed what the page said after its button was pressed twice
/// @param routed what the page said after a request of its that the client answered
/// @param greeted the heading after the form was sent
/// @param screenshot in base64
/// @param downloadName what the browser called the file
/// @param download in base64
public record Visit(
        String title,
        String pressed,
        String routed,
        String greeted,
        String screenshot,
        String downloadName,
        String download) {
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    /// Asserts that all of it was as it is on a browser of one's own.
    public void assertComplete() {
        assertThat(title).isEqualTo("Green room");
        assertThat(pressed).isEqualTo("pressed 2");
        assertThat(routed).isEqualTo("sunshine");
        assertThat(greeted).isEqualTo("Hello, name=Ada");
        assertThat(Arrays.copyOf(bytes(screenshot), PNG.length))
                .as("a PNG's beginning")
                .isEqualTo(PNG);
        assertThat(downloadName).isEqualTo(TestSite.REPORT_NAME);
        assertThat(bytes(download)).as("the download").isEqualTo(TestSite.report());
    }

    private static byte[] bytes(String base64) {
        return Base64.getDecoder().decode(base64);
    }
}
