package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionCall.CallAnswer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The recording of a session that is on no list any more.
final class RecordingRouteTest {
    private static final String PATH = "/v1/sessions/01a23206-b0bd-7a11-8c3e-1b2c3d4e5f60/recording";

    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @Test
    void it_comes_from_the_worker_that_has_it_with_its_length() throws Exception {
        grid.workers = (_, _, _, _) -> new CallAnswer(200, video(4, "WEBM"));

        var answer = grid.raw("GET", PATH);

        assertThat(answer)
                .startsWith("HTTP/1.1 200")
                .contains("Content-Type: video/webm", "Content-Length: 4")
                .endsWith("\r\n\r\nWEBM");
    }

    @Test
    void one_that_is_cut_is_shorter_than_its_length() throws Exception {
        grid.workers = (_, _, _, _) -> new CallAnswer(200, video(9, "WEBM"));

        var answer = grid.raw("GET", PATH);

        assertThat(answer).contains("Content-Length: 9").endsWith("\r\n\r\nWEBM");
    }

    @Test
    void what_no_worker_has_is_not_there_and_what_is_being_made_is_said_to_be() throws Exception {
        grid.workers = (_, _, _, _) -> new CallAnswer(404, video(0, ""));
        assertThat(grid.get(PATH).statusCode()).isEqualTo(404);

        grid.workers = (_, _, _, _) -> {
            throw new IOException("gone");
        };
        assertThat(grid.get(PATH).statusCode()).isEqualTo(404);

        grid.workers = (_, _, _, _) -> new CallAnswer(409, video(0, ""));
        assertThat(grid.get(PATH).statusCode()).isEqualTo(409);
    }

    private static ByteArrayInputStream video(long length, String content) {
        return new ByteArrayInputStream(ByteBuffer.allocate(Long.BYTES + content.length())
                .putLong(length)
                .put(content.getBytes(StandardCharsets.US_ASCII))
                .array());
    }
}
