package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What an operator sees and does over HTTP, on a proxy that is a process of its own.
@Timeout(90)
final class OperatedProxyIT {
    private static final Duration SEEN = Duration.ofSeconds(20);

    private final FaultGrid grid = new FaultGrid(10, 1_000);
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void close() throws Exception {
        grid.close();
        http.close();
    }

    @Test
    void a_session_is_listed_measured_and_ended_through_the_api_within_a_second() throws Exception {
        grid.worker();
        var proxy = grid.closing(ProxyProcess.start(grid.redis().port()));
        var doomed = proxy.session();
        doomed.assertEchoes();
        // It is listed from the moment of its 101.
        var id = send("GET", proxy, "/v1/sessions").replaceAll("(?s).*?\"id\":\"([^\"]+)\".*", "$1");

        var began = System.nanoTime();
        var answer = send("DELETE", proxy, "/v1/sessions/" + id);
        var close = doomed.awaitClose();
        var took = Duration.ofNanos(System.nanoTime() - began);

        assertThat(answer).isEqualTo("{\"id\":\"" + id + "\",\"status\":\"ending\"}");
        assertThat(close.closeCode()).isEqualTo(1001);
        assertThat(took).isLessThan(Duration.ofSeconds(1));
        await().atMost(SEEN)
                .untilAsserted(() -> assertThat(send("GET", proxy, "/metrics/prometheus"))
                        .contains("grid_connects_total{outcome=\"connected\",protocol=\"playwright\"} 1.0\n")
                        .contains("grid_connect_seconds_count{phase=\"upgrade\"} 1\n")
                        .contains("grid_endings_total{cause=\"operator\",protocol=\"playwright\"} 1.0\n")
                        .contains("grid_relay_messages_total 2.0\n")
                        .contains("grid_relay_bytes_total{direction=\"from_client\"} 20.0\n")
                        .contains("grid_workers{browser=\"chromium\",status=\"available\"} 1.0\n")
                        .containsPattern("grid_redis_op_seconds_count\\{op=\"acquire\"} [1-9]")
                        .contains("grid_sessions 0.0\n"));
        assertThat(send("GET", proxy, "/health/deep")).startsWith("{\"status\":\"ok\"");
    }

    private String send(String method, ProxyProcess proxy, String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
