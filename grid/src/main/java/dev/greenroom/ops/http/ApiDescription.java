package dev.greenroom.ops.http;

import dev.greenroom.data.TextResource;
import dev.greenroom.net.http.HttpResponse;

/// The OpenAPI description of the HTTP API. Thread-safe.
final class ApiDescription {
    private static final String RESOURCE = "openapi.yaml";

    private ApiDescription() {}

    /// Loaded on first use.
    private static final class DescriptionText {
        private static final HttpResponse ANSWER = load();
    }

    /// The response with the description.
    static HttpResponse answer() {
        return DescriptionText.ANSWER;
    }

    private static HttpResponse load() {
        return HttpResponse.text(200, "application/yaml", TextResource.read(ApiDescription.class, RESOURCE));
    }
}
