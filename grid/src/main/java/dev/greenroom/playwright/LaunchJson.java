package dev.greenroom.playwright;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON in what is said between clients, proxies and workers.
public final class LaunchJson {
    private static final JsonMapper PLAIN = new JsonMapper();
    private static final JsonMapper ASCII =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private LaunchJson() {}

    public static JsonMapper plain() {
        return PLAIN;
    }

    /// Writes what may stand in a field of a head.
    static JsonMapper ascii() {
        return ASCII;
    }
}
