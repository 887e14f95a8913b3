package dev.greenroom.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.ContainerHost;
import dev.greenroom.e2e.process.Installation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is shipped for deployment, run: the images, built from their Dockerfile, the Compose file as it is,
/// and the plain Kubernetes manifests. Command lines are those of the documents.
@Timeout(300)
@TestMethodOrder(OrderAnnotation.class)
class ContainersIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PAGE = "data:text/html,<title>Green room</title>";
    private static final int WORKERS = 3;
    private static ContainerHost host;
    private static NodeClient client;

    @TempDir
    private static Path folder;

    @BeforeAll
    @Timeout(1200)
    static void start() {
        // The newest version whose driver is in the image.
        var versions = new ArrayList<String>();
        for (var line : text("deploy/docker/Dockerfile").lines().toList()) {
            if (line.startsWith("ARG PLAYWRIGHT_RELEASES=")) {
                versions.addAll(List.of(line.replaceAll(".*\"(.*)\"", "$1").split(" ")));
            }
        }
        client = NodeClient.of(versions.getLast());
        host = ContainerHost.start();
        host.run("docker compose up -d --scale worker=" + WORKERS);
        awaitWorkers(host.grid(), WORKERS);
    }

    @AfterAll
    static void close() {
        host.close();
    }

    private static String text(String file) {
        try {
            return Files.readString(Installation.home().resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode ask(String grid, String path) {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create("http://" + grid + path)).build();
            return new JsonMapper()
                    .readTree(http.send(request, BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void awaitWorkers(String grid, int workers) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> ask(grid, "/v1/capacity").at("/total/workers").asInt(), found -> found == workers);
    }

    private static List<String> titles(String grid, int sessions) {
        return client.run("sessions.mjs", "ws://" + grid, Map.of("site", PAGE, "count", sessions, "atOnce", true))
                .valueStream()
                .map(JsonNode::asString)
                .toList();
    }

    @Test
    @Order(1)
    void a_stock_client_opens_pages_on_the_grid_of_the_compose_file() {
        assertThat(titles(host.grid(), 3)).hasSize(3).containsOnly("Green room");
    }

    @ParameterizedTest
    @Order(1)
    @CsvSource(delimiter = '~', textBlock = """
            docker compose exec redis redis-cli HGET "worker:chromium:$(docker compose exec redis redis-cli KEYS 'worker:chromium:*' | head -1 | cut -d: -f3)" wsEndpoint ~ ws://[0-9.]+:3131/playwright/chromium/.+
            docker compose exec proxy wget -q -O- --timeout=2 http://worker:3131 || echo "Connection failed" ~ \\{"status":"ok".*
            docker compose exec redis redis-cli HGETALL cluster:active_connections ~ (chromium:\\w+\\s+0\\s*){3}
            docker compose exec redis redis-cli HGETALL cluster:lifetime_connections ~ (chromium:\\w+\\s+\\d+\\s*){3}
            docker compose exec redis redis-cli HGET "worker:$(docker compose exec redis redis-cli HKEYS cluster:active_connections | head -1)" status ~ available
            docker compose exec worker sh -c "nc -zv redis 6379" ~ (?s).*(succeeded|open).*
            docker compose logs worker --tail=50 ~ (?s).*SETTINGS.*
            docker compose ps -q worker | wc -l ~ 3
            docker compose exec redis redis-cli ACL WHOAMI ~ operator
            docker compose exec worker which ffmpeg ~ /usr/bin/ffmpeg
            docker compose exec worker cat /run/greenroom/operator || true ~ (?s).*Permission denied.*
            docker compose exec redis sh -c 'PATH=/usr/local/bin:/usr/bin; redis-cli SET pwned 1' ~ (?s)NOAUTH.*
            docker compose exec redis redis-cli SET pwned 1 ~ (?s)NOPERM.*
            """)
    void a_documented_line_answers(String line, String answer) {
        assertThat(host.run(line)).matches(answer);
    }

    @Test
    @Order(1)
    void the_health_check_of_the_documents_finds_no_failure() {
        var input = client.input("ws://" + host.grid(), Map.of());

        var said = host.run("SCRIPT='" + NodeClient.script("end-to-end.mjs") + "' INPUT='" + input + "' bash '"
                + NodeClient.script("../documents/health-check-compose.sh") + "'");

        assertThat(said)
                .contains("{\"activeConnections\":", "PONG", "Workers registered: 3", "OK")
                .doesNotContain("FAIL");
    }

    @Test
    @Order(2)
    void a_rolling_update_replaces_every_worker_and_fails_no_client() throws IOException {
        var before = host.run("docker compose ps -q worker").lines().toList();
        var until = folder.resolve("updated");
        var clients = client.start("steady.mjs", "ws://" + host.grid(), Map.of("until", until.toString()));

        assertThat(host.run("./rolling-update.sh")).endsWith("rolling-update: 3 workers replaced.");

        Files.createFile(until);
        assertThat(clients.awaitExit(PATIENCE)).as(clients.out().text()).isZero();
        assertThat(new JsonMapper()
                        .readTree(clients.out().text())
                        .path("result")
                        .asInt())
                .isPositive();
        assertThat(host.run("docker compose ps -q worker").lines())
                .hasSize(WORKERS)
                .doesNotContainAnyElementsOf(before);
    }

    @Test
    @Order(3)
    void workers_are_added_and_taken_away_and_the_persistence_of_the_document_is_added_to_redis() throws IOException {
        host.run("docker compose up -d --scale worker=1");
        awaitWorkers(host.grid(), 1);

        // The document's snippet as an override, word for word.
        var override = Files.writeString(folder.resolve("override.yaml"), """
                services:
                  redis:
                    command: redis-server --appendonly yes
                    volumes:
                      - redis-data:/data

                volumes:
                  redis-data:
                """);
        host.run("docker compose -f compose.yaml -f '" + override + "' up -d --no-deps redis");

        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(AssertionError.class)
                .until(
                        () -> host.run("docker compose exec redis redis-cli INFO persistence"),
                        it -> it.contains("aof_enabled:1"));
        await("Redis is found at its new address")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(titles(host.grid(), 2)).containsOnly("Green room"));
        host.run("docker compose down --volumes");
    }

    /// All pods on this machine, each with an address of its own. What Podman 4.3 does not take as
    /// Kubernetes would is changed: it publishes the ports of every replica on the machine, and does not
    /// decode Secrets.
    @Test
    @Order(4)
    void a_stock_client_opens_pages_on_the_grid_of_the_kubernetes_manifests() throws IOException {
        var decodes = !host.run("podman version --format '{{.Client.Version}}'").startsWith("4.3.");
        var users = text("deploy/redis/greenroom.acl")
                .replace("change-me-too", "for-people")
                .replace("change-me", "for-grid");
        var url = "redis://greenroom:for-grid@greenroom-redis-pod" + (decodes ? "" : "-0") + ":6379";
        var secret = Files.writeString(folder.resolve("secret.yaml"), """
                apiVersion: v1
                kind: Secret
                metadata: {name: greenroom-redis}
                data: %s
                """.formatted(new JsonMapper()
                .writeValueAsString(
                        decodes
                                ? Map.of("url", url.getBytes(UTF_8), "users.acl", users.getBytes(UTF_8))
                                : Map.of("url", url, "users.acl", users))));
        var manifests = Files.writeString(
                folder.resolve("greenroom.yaml"),
                text("deploy/kubernetes/greenroom.yaml")
                        .replaceAll("          ports:\n            - \\{name: \\w+, containerPort: \\d+}\n", "")
                        .replace("redis:7.4-alpine", "localhost/greenroom-check/redis"));
        host.run("podman network create greenroom-check-kube");
        host.run(
                decodes
                        ? "podman kube play '" + secret + "'"
                        : "podman secret create greenroom-redis '" + secret + "'");
        host.run("podman kube play --network greenroom-check-kube '" + manifests + "'");
        var infra = "$(podman pod inspect $(podman pod ps --quiet --filter name=greenroom-proxy-pod | head -1)"
                + " --format '{{.InfraContainerID}}')";
        var address = host.run(
                "podman inspect " + infra + " --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'");

        try {
            awaitWorkers(address + ":8080", decodes ? 1 : WORKERS);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    host.run("podman ps --all; for id in $(podman ps --all --quiet); do echo; echo $id;"
                            + " podman logs --tail 20 $id; done"),
                    e);
        }
        assertThat(titles(address + ":8080", 3)).containsOnly("Green room");
    }
}
