package dev.greenroom.ops.http;

import dev.greenroom.data.Json;
import dev.greenroom.net.http.HttpResponse;
import tools.jackson.core.io.JsonStringEncoder;

/// Records as JSON, their components in the order in which they are written down.
final class ApiJson {
    private ApiJson() {}

    static String text(Object body) {
        return Json.inDeclaredOrder().writeValueAsString(body);
    }

    static HttpResponse answer(int status, Object body) {
        return HttpResponse.json(status, text(body));
    }

    /// An answer that is one sentence for people.
    static HttpResponse error(int status, String sentence) {
        return word(status, "error", sentence);
    }

    /// An answer with one name and one value.
    static HttpResponse word(int status, String name, String value) {
        return HttpResponse.json(status, "{" + property(name, value) + "}");
    }

    /// An answer with two names and their values. What reads and writes records is not made for it, so that
    /// nobody who asks a process that begins makes it slower.
    static HttpResponse words(int status, String name, String value, String secondName, String secondValue) {
        return HttpResponse.json(status, "{" + property(name, value) + "," + property(secondName, secondValue) + "}");
    }

    private static String property(String name, String value) {
        var quoted = JsonStringEncoder.getInstance().quoteAsCharArray(value);
        return "\"" + name + "\":\"" + String.valueOf(quoted) + "\"";
    }
}
