package dev.greenroom.ops.http;

import dev.greenroom.wire.Answer;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/// Records as JSON, their components in the order in which they are written down.
final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private Json() {}

    static String text(Object body) {
        return MAPPER.writeValueAsString(body);
    }

    static Answer answer(int status, Object body) {
        return Answer.json(status, text(body));
    }

    /// An answer that is one sentence for people.
    static Answer error(int status, String sentence) {
        return answer(status, new Complaint(sentence));
    }

    private record Complaint(String error) {}
}
