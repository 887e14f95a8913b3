package dev.greenroom.ops.http;

import dev.greenroom.data.TextResource;
import dev.greenroom.net.http.HttpResponse;

/// The description of everything that is answered here, for programs.
final class ApiDescription {
    private static final String RESOURCE = "openapi.yaml";

    private ApiDescription() {}

    /// Read out of the program's own jar when somebody asks first.
    private static final class DescriptionText {
        private static final HttpResponse ANSWER = load();
    }

    /// The description, for whoever asks. Any thread may call it.
    static HttpResponse answer() {
        return DescriptionText.ANSWER;
    }

    private static HttpResponse load() {
        return HttpResponse.text(200, "application/yaml", TextResource.read(ApiDescription.class, RESOURCE));
    }
}
