package dev.greenroom.ops.http;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpResponse;
import tools.jackson.core.io.JsonStringEncoder;

/// JSON responses; records keep the order of their components.
final class ApiJson {
    private ApiJson() {}

    static String text(Object body) {
        return Json.inDeclaredOrder().writeValueAsString(body);
    }

    static HttpResponse answer(int status, Object body) {
        return HttpResponse.json(status, text(body));
    }

    /// A response with one sentence for people, in `error`.
    static HttpResponse error(int status, String sentence) {
        return word(status, "error", sentence);
    }

    /// A response with one property.
    static HttpResponse word(int status, String name, String value) {
        return HttpResponse.json(status, "{" + property(name, value) + "}");
    }

    /// A response with two properties. Does not create the mapper, so that health checks do not slow down
    /// the start of the process.
    static HttpResponse words(int status, String name, String value, String secondName, String secondValue) {
        return HttpResponse.json(status, "{" + property(name, value) + "," + property(secondName, secondValue) + "}");
    }

    private static String property(String name, String value) {
        var quoted = JsonStringEncoder.getInstance().quoteAsCharArray(value);
        return "\"" + name + "\":\"" + String.valueOf(quoted) + "\"";
    }
}
