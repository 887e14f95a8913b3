package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class EventStreamsTest {
    private final List<Socket> sockets = new ArrayList<>();
    private OpsFixture grid;

    @BeforeEach
    void open() throws Exception {
        grid = new OpsFixture();
        grid.start();
    }

    @AfterEach
    void close() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
        grid.close();
    }

    @Test
    @Timeout(30)
    void who_listens_sees_the_grid_at_once_and_whenever_it_changes() throws Exception {
        var stream = listen();

        var head = stream.readLine();
        var first = event(stream);
        grid.beat(BrowserType.CHROMIUM, "newcomer", WorkerStatus.AVAILABLE);
        var next = event(stream);
        while (!next.contains("newcomer")) {
            next = event(stream);
        }

        assertThat(head).isEqualTo("HTTP/1.1 200 OK");
        assertThat(first).startsWith("{\"registry\":").contains("\"workers\":[");
        assertThat(next).contains("chromium:newcomer").doesNotContain("unguessable");
    }

    @Test
    @Timeout(30)
    void a_comment_tells_that_the_stream_is_alive_while_nothing_changes() throws Exception {
        var stream = listen();
        event(stream);

        await().pollInterval(Duration.ofMillis(200)).until(() -> {
            grid.pass(EventStreams.HEARTBEAT);
            return stream.ready() && lines(stream).contains(": still here");
        });
    }

    @Test
    void there_are_only_so_many_streams() throws Exception {
        for (var i = 0; i < EventStreams.MAX_STREAMS; i++) {
            assertThat(listen().readLine()).isEqualTo("HTTP/1.1 200 OK");
        }

        assertThat(listen().readLine()).isEqualTo("HTTP/1.1 503 Service Unavailable");

        sockets.getFirst().close();
        await().until(() -> listen().readLine().equals("HTTP/1.1 200 OK"));
    }

    @Test
    void who_asks_only_for_the_head_gets_no_stream() throws Exception {
        assertThat(grid.raw("HEAD", "/v1/events"))
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("Content-Type: text/event-stream; charset=utf-8\r\n")
                .endsWith("\r\n\r\n");
    }

    private BufferedReader listen() throws IOException {
        var socket = grid.ask("GET", "/v1/events");
        sockets.add(socket);
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String event(BufferedReader stream) throws IOException {
        var line = stream.readLine();
        while (!line.startsWith("data: ")) {
            line = stream.readLine();
        }
        return line.substring("data: ".length());
    }

    private static List<String> lines(BufferedReader stream) throws IOException {
        List<String> lines = new ArrayList<>();
        while (stream.ready()) {
            lines.add(stream.readLine());
        }
        return lines;
    }
}
