package dev.greenroom.ops.http;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Maps path templates, with one `{id}` at most, and methods to handlers. Filled once, then read by many
/// threads.
final class RouteTable {
    private static final String PARAMETER = "{id}";

    private final Map<List<String>, Map<String, RouteHandler>> routes = new LinkedHashMap<>();

    /// Answers one request.
    @FunctionalInterface
    interface RouteHandler {
        HttpResponse answer(RouteRequest call) throws InterruptedException;
    }

    /// A request and its path parameter.
    ///
    /// @param id the decoded value of `{id}`; empty if the template has none
    /// @param address that the client used, as a WebSocket address
    record RouteRequest(RequestHead head, String id, Optional<String> address) {
        /// A whole number of the query.
        ///
        /// @return empty if it is invalid or out of bounds
        Optional<Integer> number(String name, int fallback, int least, int most) {
            return head.query(name)
                    .map(text -> Optional.of(text)
                            .filter(digits -> digits.matches("\\d{1,9}"))
                            .map(Integer::valueOf))
                    .orElse(Optional.of(fallback))
                    .filter(number -> number >= least && number <= most);
        }
    }

    /// The result of a lookup.
    sealed interface Match {
        /// A route matches.
        record Found(RouteHandler handler, String id) implements Match {}

        /// The path exists, but not with this method.
        ///
        /// @param allowed the value of `Allow`
        record OtherMethods(String allowed) implements Match {}

        /// No route matches.
        record Nothing() implements Match {}
    }

    RouteTable get(String template, RouteHandler handler) {
        return on("GET", template, handler).on("HEAD", template, handler);
    }

    RouteTable on(String method, String template, RouteHandler handler) {
        routes.computeIfAbsent(segments(template), _ -> new TreeMap<>()).put(method, handler);
        return this;
    }

    Match match(String method, String path) {
        var asked = segments(path);
        for (var route : routes.entrySet()) {
            var template = route.getKey();
            if (fits(template, asked)) {
                var handler = route.getValue().get(method);
                var id = template.indexOf(PARAMETER);
                return handler == null
                        ? new Match.OtherMethods(
                                String.join(", ", route.getValue().keySet()))
                        : new Match.Found(handler, id < 0 ? "" : decoded(asked.get(id)));
            }
        }
        return new Match.Nothing();
    }

    /// Every method and path, such as `GET /v1/sessions/{id}`, without `HEAD`.
    Stream<String> described() {
        return routes.entrySet().stream()
                .flatMap(route -> route.getValue().keySet().stream()
                        .filter(method -> !method.equals("HEAD"))
                        .map(method -> method + " " + String.join("/", route.getKey())));
    }

    private static List<String> segments(String path) {
        return List.of(path.split("/", -1));
    }

    private static boolean fits(List<String> template, List<String> asked) {
        if (template.size() != asked.size()) {
            return false;
        }
        for (var i = 0; i < template.size(); i++) {
            var segment = template.get(i);
            if (segment.equals(PARAMETER) ? asked.get(i).isEmpty() : !segment.equals(asked.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static String decoded(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return segment;
        }
    }
}
