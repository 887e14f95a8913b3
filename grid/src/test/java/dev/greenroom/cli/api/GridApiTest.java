package dev.greenroom.cli.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.cli.api.GridApi.GridApiException.ApiFailure;
import dev.greenroom.cli.api.GridApi.GridState.WorkerState;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeWorker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
final class GridApiTest {
    @TempDir
    private Path folder;

    private FakeGrid grid;

    @BeforeEach
    void start() throws IOException {
        grid = FakeGrid.start();
    }

    @AfterEach
    void stop() {
        grid.close();
    }

    @Test
    void the_token_goes_along_as_a_bearer() throws Exception {
        grid.on("GET /v1/workers", 200, FakeGrid.workers());

        try (var api = GridApi.of(grid.settings(Canary.secret("tool")))) {
            WorkerState.ask(api);
        }

        assertThat(grid.requests()).containsExactly("GET /v1/workers Bearer " + Canary.secret("tool"));
    }

    @Test
    void a_path_in_front_of_the_grid_stays_there() throws Exception {
        grid.on("GET /east/v1/workers", 200, FakeGrid.workers(FakeGrid.worker("chromium:a", "available", 1, 7)));

        try (var api = GridApi.of(new GridSettings(grid.url() + "/east/", Optional.empty(), Optional.empty()))) {
            assertThat(WorkerState.ask(api)).singleElement().satisfies(worker -> {
                assertThat(worker.id()).isEqualTo("chromium:a");
                assertThat(worker.lifetime()).isEqualTo(7);
            });
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    401 | {"error":"unauthorized"}         | REFUSED | requires a token (HTTP 401: unauthorized); set it
                    403 | {"error":"host not allowed"}     | REFUSED | does not allow this (HTTP 403: host not allowed)
                    403 | {"error":"host","hint":"set X"}    | REFUSED | does not allow this (HTTP 403: host, set X)
                    403 | {"error":"no","scope":"admin"}   | REFUSED | the token lacks the scope admin
                    404 | {"error":"not found"}            | MISSING | does not know /v1/workers (HTTP 404: not found)
                    503 | {"error":"registry unavailable"} | ODD     | cannot answer (HTTP 503: registry unavailable)
                    200 | <html></html>                    | ODD     | responds, but not like a grid
                    301 | moved                            | ODD     | does it need https:// or wss://?
                    """)
    void an_answer_that_is_of_no_use_becomes_a_sentence(int status, String body, ApiFailure kind, String words)
            throws Exception {
        grid.on("GET /v1/workers", status, body);

        try (var api = grid.api()) {
            assertThatExceptionOfType(GridApiException.class)
                    .isThrownBy(() -> api.get("/v1/workers"))
                    .withMessageContaining(words)
                    .satisfies(failure -> assertThat(failure.kind()).isEqualTo(kind));
        }
    }

    @Test
    void a_token_that_the_grid_does_not_know_is_said_to_be_that() throws Exception {
        grid.on("GET /v1/workers", 401, "{\"error\":\"unauthorized\"}");

        try (var api = GridApi.of(grid.settings(Canary.secret("another-grid")))) {
            assertThatExceptionOfType(GridApiException.class)
                    .isThrownBy(() -> api.get("/v1/workers"))
                    .withMessageContaining("does not accept the token (HTTP 401: unauthorized)")
                    .withMessageNotContaining(Canary.mark());
        }
    }

    @Test
    void a_port_that_nobody_listens_on_and_a_name_that_nobody_knows_are_told_apart() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        assertSilence("ws://127.0.0.1:" + port, "nothing listens at http://127.0.0.1:" + port);
        assertSilence("ws://no-such-host.invalid", "the host name in http://no-such-host.invalid cannot be resolved");
    }

    private static void assertSilence(String url, String words) throws Exception {
        try (var api = GridApi.of(new GridSettings(url, Optional.empty(), Optional.empty()))) {
            assertThatExceptionOfType(GridApiException.class)
                    .isThrownBy(() -> api.get("/v1/workers"))
                    .withMessageContaining(words);
        }
    }

    @Test
    void a_server_that_speaks_no_http_is_none_of_ours() throws Exception {
        try (var other = FakeWorker.start(peer -> peer.send("-ERR unknown command\r\n"));
                var api = GridApi.of(
                        new GridSettings("ws://localhost:" + other.port(), Optional.empty(), Optional.empty()))) {
            assertThatExceptionOfType(GridApiException.class)
                    .isThrownBy(() -> api.get("/v1/workers"))
                    .withMessageContaining("closed the connection")
                    .withMessageContaining("is it a grid");
        }
    }

    @Test
    void a_grid_without_tls_is_no_wss_address() throws Exception {
        try (var plain = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var api = GridApi.of(new GridSettings(
                        "wss://localhost:" + plain.getLocalPort(), Optional.empty(), Optional.empty()))) {
            Thread.ofVirtual().start(() -> refuse(plain));
            assertThatExceptionOfType(GridApiException.class)
                    .isThrownBy(() -> api.get("/v1/workers"))
                    .satisfies(failure -> assertThat(failure.getMessage())
                            .containsAnyOf("TLS failed with https://localhost", "does it really use https://?"));
        }
    }

    @Test
    void a_server_that_is_silent_when_a_client_begins_with_tls_may_not_speak_it() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertSilence(
                    "wss://localhost:" + silent.getLocalPort(),
                    "could not be connected to within 5 s; does it really use https://?");
        }
    }

    /// What a server without TLS says to a client that begins with it. It does not speak first. Nevertheless a
    /// client of the JDK sometimes does not notice the response, and waits for the handshake until its deadline.
    private static void refuse(ServerSocket server) {
        try (var socket = server.accept()) {
            assertThat(socket.getInputStream().read()).isNotNegative();
            socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        } catch (IOException _) {
            // The test is over.
        }
    }

    @Test
    void a_file_without_certificates_cannot_be_trusted() throws IOException {
        var file = Files.writeString(folder.resolve("ca.pem"), "nothing");

        assertThatExceptionOfType(GridApiException.class)
                .isThrownBy(() -> GridApi.of(new GridSettings("wss://grid", Optional.empty(), Optional.of(file))))
                .withMessageContaining("GREENROOM_CA=" + file + ": there is no certificate in it");
    }
}
