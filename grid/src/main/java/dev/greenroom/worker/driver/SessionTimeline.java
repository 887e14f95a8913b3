package dev.greenroom.worker.driver;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What a session has called, as its driver says.
///
/// @param waiting what its client waits for, such as `waiting 28 s in Frame.click`; empty when it waits for nothing
/// @param running calls that have no answer yet, the one that began first comes first
/// @param ended the newest first
/// @param forgotten how many there were that are not listed
public record SessionTimeline(String waiting, List<TimelineCall> running, List<TimelineCall> ended, long forgotten) {
    private static final int MAX_CALLS = 4000;
    private static final int MAX_TEXT = 500;

    /// One call of a client.
    ///
    /// @param id that the client gave it: a number or a text; empty where the client only says that it waits
    /// @param method in the words of the protocol
    /// @param page that it is about, as in the list of pages; empty when it is about none
    /// @param startedAt on the worker's clock
    /// @param durationMs how long it took, or has taken so far
    /// @param error the kind of error of its answer; empty when it has none
    /// @param address where it navigates to, with `TIMELINE_DETAILS`
    /// @param text of the error, with `TIMELINE_DETAILS`
    public record TimelineCall(
            String id,
            String method,
            String page,
            Instant startedAt,
            long durationMs,
            String error,
            Optional<String> address,
            Optional<String> text) {}

    static SessionTimeline read(JsonNode node) {
        var running = calls(node.path("running")).toList();
        var waiting = running.stream()
                .findFirst()
                .map(call -> "waiting " + call.durationMs() / 1000 + " s in " + call.method())
                .orElse("");
        return new SessionTimeline(
                waiting,
                running,
                calls(node.path("ended")).toList(),
                node.path("forgotten").asLong(0));
    }

    private static Stream<TimelineCall> calls(JsonNode list) {
        return list.valueStream().limit(MAX_CALLS).map(SessionTimeline::call);
    }

    private static TimelineCall call(JsonNode node) {
        return new TimelineCall(
                text(node, "id").orElse(""),
                text(node, "method").orElse(""),
                text(node, "page").orElse(""),
                Instant.ofEpochMilli(node.path("startedAt").asLong(0)),
                node.path("ms").asLong(0),
                text(node, "error").orElse(""),
                text(node, "address"),
                text(node, "text"));
    }

    private static Optional<String> text(JsonNode node, String field) {
        return Optional.of(node.path(field))
                .filter(JsonNode::isString)
                .map(JsonNode::asString)
                .map(text -> text.substring(0, Math.min(text.length(), MAX_TEXT)));
    }
}
