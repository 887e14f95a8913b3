package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ChartTest {
    private static final String PLAIN = "deploy/kubernetes/greenroom.yaml";
    private static final String HEAD = """
            # A grid for Kubernetes, without Helm: what deploy/helm/greenroom renders with its own values. Written by
            # mvn -pl deploy test -Dtest=ChartTest -Dgreenroom.docs.write=true; do not edit it.
            """;

    @Test
    void helm_s_own_lint_finds_nothing_even_when_strict() {
        assertThat(Chart.lint().isFailed())
                .as(Chart.lint().getMessages().toString())
                .isFalse();
    }

    @Test
    void the_plain_manifests_are_what_the_chart_renders() throws IOException {
        var rendered = HEAD
                + Chart.rendered(Map.of()).replaceAll("(?m)^# Source: .*\n", "").replaceAll("\n+(---\n)", "\n$1");
        if (Boolean.getBoolean("greenroom.docs.write")) {
            Files.writeString(Clone.path(PLAIN), rendered);
        }

        assertThat(Clone.text(PLAIN))
                .as("write it anew: mvn -pl deploy test -Dtest=ChartTest -Dgreenroom.docs.write=true")
                .isEqualTo(rendered);
    }

    @Test
    void who_installs_it_hears_how_proxies_and_workers_get_a_secret_until_they_have_one() {
        var asked = "{name: WORKER_SECRET, secret: greenroom-workers, key: secret}";

        assertThat(Chart.notes(Map.of())).contains(asked, "create secret generic greenroom-workers");
        assertThat(Chart.notes(Map.of("proxy.secretFiles[0].name", "WORKER_SECRET")))
                .contains(asked);
        assertThat(Chart.notes(Map.of(
                        "proxy.secretFiles[0].name", "WORKER_SECRET",
                        "workerSecretFiles[0].name", "WORKER_SECRET")))
                .contains("Clients in this cluster connect to")
                .doesNotContain("WORKER_SECRET");
    }

    @Test
    void every_manifest_has_only_fields_that_kubernetes_knows() {
        for (var manifest : Chart.everything()) {
            KnownFields.assertAllKnown(manifest);
        }
    }

    @Test
    void pods_run_as_nobody_in_particular_with_nothing_writable_but_their_volumes() {
        for (var deployment : Chart.of("Deployment", Chart.everything())) {
            var pod = deployment.at("/spec/template/spec");
            assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
            assertThat(pod.at("/automountServiceAccountToken").asBoolean(true)).isFalse();
            for (var container : pod.path("containers")) {
                var security = container.path("securityContext");
                assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
                assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                        .isFalse();
                assertThat(security.at("/capabilities/drop/0").asString()).isEqualTo("ALL");
                assertThat(container.at("/resources/limits/memory").asString()).isNotEmpty();
                assertThat(container.at("/resources/limits/cpu").asString()).isNotEmpty();
            }
        }
    }

    @Test
    void a_pod_has_longer_to_end_than_its_sessions_get() {
        var manifests = Chart.everything();

        for (var deployment : Chart.of("Deployment", manifests)) {
            var pod = deployment.at("/spec/template/spec");
            var grace = pod.path("terminationGracePeriodSeconds").asInt(30);
            for (var setting : pod.at("/containers/0/env")) {
                if (setting.path("name").asString().matches("DRAIN_TIMEOUT|SHUTDOWN_GRACE_PERIOD")) {
                    var seconds =
                            Integer.parseInt(setting.path("value").asString().replace("s", ""));
                    assertThat(grace).as(setting + " and 5 s before it").isGreaterThan(seconds + 5);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/health/ready"})
    void probes_ask_a_path_that_the_architecture_lists(String probed) {
        var paths = Chart.of("Deployment", Chart.everything()).stream()
                .flatMap(deployment -> deployment.findValuesAsString("path").stream())
                .filter(path -> path.startsWith("/h"))
                .toList();

        assertThat(paths).contains(probed).isSubsetOf("/health", "/health/ready");
        assertThat(Clone.text("docs/architecture.md")).contains("| `" + probed + "` |");
    }

    @Test
    void tokens_and_tls_become_files_and_everybody_who_asks_a_proxy_asks_by_https() {
        var manifests = Chart.manifests(Map.ofEntries(
                Map.entry("proxy.secretFiles[0].name", "AUTH_TOKENS"),
                Map.entry("proxy.secretFiles[0].secret", "grid-tokens"),
                Map.entry("proxy.secretFiles[0].key", "tokens"),
                Map.entry("proxy.secretFiles[1].name", "TLS_CERT"),
                Map.entry("proxy.secretFiles[1].secret", "grid-tls"),
                Map.entry("proxy.secretFiles[1].key", "tls\\.crt"),
                Map.entry("autoscaling.keda.enabled", true),
                Map.entry("autoscaling.keda.authentication", "grid-reader")));
        manifests.forEach(KnownFields::assertAllKnown);

        var proxy = Chart.of("Deployment", manifests).stream()
                .filter(it -> it.at("/metadata/name").asString().equals("greenroom-proxy"))
                .findFirst()
                .orElseThrow()
                .at("/spec/template/spec");
        assertThat(proxy.at("/containers/0/env").toString())
                .contains("\"AUTH_TOKENS_FILE\",\"value\":\"/run/secrets/AUTH_TOKENS/tokens\"")
                .contains("\"TLS_CERT_FILE\",\"value\":\"/run/secrets/TLS_CERT/tls");
        assertThat(proxy.path("volumes").toString()).contains("\"secretName\":\"grid-tokens\"");
        for (var probe : List.of("livenessProbe", "readinessProbe")) {
            assertThat(proxy.at("/containers/0/" + probe + "/httpGet/scheme").asString())
                    .as(probe)
                    .isEqualTo("HTTPS");
        }
        var trigger = Chart.of("ScaledObject", manifests).getFirst().at("/spec/triggers/0");
        assertThat(trigger.at("/metadata/url").asString()).startsWith("https://");
        assertThat(trigger.at("/metadata/authMode").asString()).isEqualTo("bearer");
        assertThat(trigger.at("/authenticationRef/name").asString()).isEqualTo("grid-reader");
    }

    @Test
    void ports_are_the_defaults_of_the_program() {
        var manifests = Chart.manifests(Map.of());

        assertThat(port(manifests.stream()
                        .filter(it -> it.at("/metadata/name").asString("").equals("greenroom-proxy")
                                && it.path("kind").asString().equals("Service"))
                        .findFirst()
                        .orElseThrow()))
                .isEqualTo(8080);
        assertThat(Clone.text("docs/configuration.md"))
                .contains("| `PORT` | `8080` | `proxy`, `up` |")
                .contains("| `PORT` | `3131` | `worker` |");
        assertThat(Chart.rendered(Map.of())).contains("containerPort: 3131", "containerPort: 8080");
    }

    private static int port(JsonNode service) {
        return service.at("/spec/ports/0/port").asInt();
    }

    private static JsonNode named(String kind, String name, List<JsonNode> manifests) {
        return Chart.of(kind, manifests).stream()
                .filter(it -> it.at("/metadata/name").asString().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
    }

    @Test
    void a_second_group_of_workers_has_another_image_and_the_name_that_a_document_asks_for() {
        var values = new HashMap<String, Object>();
        for (var group : List.of("workers[0].", "workers[1].")) {
            values.putAll(Map.of(
                    group + "name",
                    "chromium",
                    group + "image",
                    "greenroom-worker",
                    group + "browser",
                    "chromium",
                    group + "replicas",
                    1,
                    group + "slots",
                    10,
                    group + "drainSeconds",
                    30));
        }
        values.putAll(Map.of(
                "workers[1].name", "canary", "workers[1].deployment", "playwright-worker", "workers[1].tag", "0.2.0"));
        var manifests = Chart.manifests(values);
        manifests.forEach(KnownFields::assertAllKnown);

        // kubectl set image deployment/playwright-worker worker=…
        var container = named("Deployment", "playwright-worker", manifests).at("/spec/template/spec/containers/0");
        assertThat(container.path("name").asString()).isEqualTo("worker");
        assertThat(container.path("image").asString()).isEqualTo("greenroom-worker:0.2.0");
        assertThat(container.at("/env").toString()).contains("{\"name\":\"MAX_CONCURRENT_SESSIONS\",\"value\":\"10\"}");
        assertThat(named("Deployment", "greenroom-worker-chromium", manifests)
                        .at("/spec/template/spec/containers/0/image")
                        .asString())
                .isEqualTo("greenroom-worker:0.1.0");
    }

    @Test
    void a_second_release_of_workers_joins_the_grid_of_the_first() {
        var first = Chart.manifests(Map.of());
        var second = Clone.documents(
                Chart.rendered("canary", Map.of("grid", "greenroom", "proxy.enabled", false, "redis.enabled", false)));
        second.forEach(KnownFields::assertAllKnown);

        assertThat(Chart.of("Deployment", second))
                .singleElement()
                .satisfies(it -> assertThat(it.at("/metadata/name").asString()).isEqualTo("canary-worker-chromium"));
        var worker = labels("Deployment", "canary-worker-chromium", second);
        var proxy = labels("Deployment", "greenroom-proxy", first);
        var redis = labels("Deployment", "greenroom-redis", first);
        // Each end of each way lets the other one in.
        assertThat(lets("egress", "greenroom-proxy", first, worker)).isTrue();
        assertThat(lets("ingress", "canary-worker", second, proxy)).isTrue();
        assertThat(lets("egress", "canary-worker", second, redis)).isTrue();
        assertThat(lets("ingress", "greenroom-redis", first, worker)).isTrue();
        assertThat(lets("ingress", "greenroom-redis", first, List.of("greenroom.dev/worker=true")))
                .as("workers of another grid")
                .isFalse();
    }

    @Test
    void prometheus_reaches_workers_in_whatever_namespace_it_is() {
        var prometheus = List.of("app.kubernetes.io/name=prometheus");

        assertThat(lets("ingress", "greenroom-worker", Chart.manifests(Map.of()), prometheus))
                .isTrue();
        assertThat(named("NetworkPolicy", "greenroom-worker", Chart.manifests(Map.of()))
                        .at("/spec/ingress/0/from/1/namespaceSelector")
                        .isObject())
                .isTrue();
    }

    private static List<String> labels(String kind, String name, List<JsonNode> manifests) {
        return named(kind, name, manifests)
                .at("/spec/template/metadata/labels")
                .propertyStream()
                .map(it -> it.getKey() + "=" + it.getValue().asString())
                .toList();
    }

    /// Whether a policy has a peer that a pod with these labels is.
    private static boolean lets(String way, String policy, List<JsonNode> manifests, List<String> labels) {
        return named("NetworkPolicy", policy, manifests)
                .at("/spec/" + way)
                .valueStream()
                .flatMap(rule -> rule.path(way.equals("egress") ? "to" : "from").valueStream())
                .map(peer -> peer.at("/podSelector/matchLabels"))
                .filter(selector -> !selector.isEmpty())
                .anyMatch(selector -> selector.propertyStream()
                        .allMatch(it -> labels.contains(
                                it.getKey() + "=" + it.getValue().asString())));
    }

    @Test
    void counters_of_redis_are_kept_on_a_volume_where_that_is_asked_for() {
        var manifests = Chart.manifests(Map.of("redis.persistence.enabled", true));

        var pod = named("Deployment", "greenroom-redis", manifests).at("/spec/template/spec");
        assertThat(pod.at("/containers/0/args").toString()).contains("\"--appendonly\",\"yes\"");
        assertThat(pod.at("/volumes/0/persistentVolumeClaim/claimName").asString())
                .isEqualTo("greenroom-redis");
        assertThat(named("PersistentVolumeClaim", "greenroom-redis", manifests)
                        .at("/spec/resources/requests/storage")
                        .asString())
                .isEqualTo("1Gi");
        assertThat(Chart.rendered(Map.of())).doesNotContain("appendonly", "PersistentVolumeClaim");
    }

    @Test
    void browsers_reach_no_private_range_and_no_proxy() {
        var worker = Chart.of("NetworkPolicy", Chart.manifests(Map.of())).stream()
                .filter(policy -> policy.at("/metadata/name").asString().equals("greenroom-worker"))
                .findFirst()
                .orElseThrow();

        var open = worker.at("/spec/egress");
        assertThat(open.toString()).doesNotContain("8080").doesNotContain("\"component\":\"proxy\"");
        assertThat(open.at("/2/to/0/ipBlock/except").valueStream().map(JsonNode::asString))
                .contains("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10");
        assertThat(open.at("/2/to/1/ipBlock/except").valueStream().map(JsonNode::asString))
                .contains("fc00::/7", "fe80::/10", "::ffff:0:0/96");
    }
}
