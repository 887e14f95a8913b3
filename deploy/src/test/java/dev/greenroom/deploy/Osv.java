package dev.greenroom.deploy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The public database of known weaknesses.
///
/// @param address of its batch query
record Osv(URI address) {
    static final URI PUBLIC = URI.create("https://api.osv.dev/v1/querybatch");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final JsonMapper JSON = new JsonMapper();

    /// The components that something is known about, with its ids.
    List<String> findings(List<Component> components) throws IOException, InterruptedException {
        var queries = components.stream()
                .map(it -> Map.of(
                        "version", it.version(), "package", Map.of("ecosystem", "Maven", "name", it.coordinates())))
                .toList();
        var request = HttpRequest.newBuilder(address)
                .timeout(PATIENCE)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(Map.of("queries", queries))))
                .build();
        try (var client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException("OSV answered " + answer.statusCode());
            }
            var findings = new ArrayList<String>();
            var results = JSON.readTree(answer.body()).path("results");
            for (int i = 0; i < components.size(); i++) {
                for (var weakness : results.path(i).path("vulns")) {
                    findings.add(components.get(i) + " " + weakness.path("id").asString());
                }
            }
            return findings;
        }
    }
}
