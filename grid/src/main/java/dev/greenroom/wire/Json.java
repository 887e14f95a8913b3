package dev.greenroom.wire;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON in what is said between clients, proxies and workers. Made when it is needed first: most sessions say nothing
/// in JSON, and the library takes a twentieth of a second to begin, which no start and no such session is to wait for.
final class Json {
    private Json() {}

    /// Both are made at once, since what takes long is the first of them.
    private static final class Mappers {
        static final JsonMapper PLAIN = new JsonMapper();
        static final JsonMapper ASCII =
                JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    }

    static JsonMapper plain() {
        return Mappers.PLAIN;
    }

    /// Writes what may stand in a field of a head.
    static JsonMapper ascii() {
        return Mappers.ASCII;
    }
}
