package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

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
        try (var in = ApiDescription.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the program was built without its " + RESOURCE);
            }
            return HttpResponse.text(200, "application/yaml", new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("the program's own " + RESOURCE + " cannot be read", e);
        }
    }
}
