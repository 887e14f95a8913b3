package dev.greenroom.deploy;

import com.marcnuri.helm.Helm;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// The chart as Helm renders it.
final class Chart {
    private static final Helm HELM = new Helm(Clone.path("deploy/helm/greenroom"));

    private Chart() {}

    /// The manifests with these values over the chart's own.
    static String rendered(Map<String, Object> values) {
        return rendered("greenroom", values);
    }

    /// The same for a release of this name.
    static String rendered(String release, Map<String, Object> values) {
        var template = HELM.template().withName(release).withNamespace("greenroom");
        values.forEach(template::set);
        return template.call();
    }

    static List<JsonNode> manifests(Map<String, Object> values) {
        return Clone.documents(rendered(values));
    }

    /// With every part switched on.
    static List<JsonNode> everything() {
        return manifests(Map.of(
                "autoscaling.keda.enabled",
                true,
                "redis.persistence.enabled",
                true,
                "image.registry",
                "registry.example.com/grid",
                "proxy.secretFiles[0].name",
                "REDIS_PASSWORD",
                "proxy.secretFiles[0].secret",
                "passwords",
                "proxy.secretFiles[0].key",
                "redis"));
    }

    /// What `helm install` prints.
    static String notes(Map<String, Object> values) {
        var install = HELM.install()
                .withName("greenroom")
                .withNamespace("greenroom")
                .clientOnly()
                .dryRun();
        values.forEach(install::set);
        return install.call().getOutput();
    }

    static com.marcnuri.helm.LintResult lint() {
        return HELM.lint().strict().call();
    }

    static List<JsonNode> of(String kind, List<JsonNode> manifests) {
        return manifests.stream()
                .filter(manifest -> manifest.path("kind").asString("").equals(kind))
                .toList();
    }
}
