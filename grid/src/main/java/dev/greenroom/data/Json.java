package dev.greenroom.data;

import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/// The JSON mappers of the program; making one is expensive. Safe for use by many threads.
public final class Json {
    /// Writes the components of a record in alphabetical order.
    private static final JsonMapper MAPPER = new JsonMapper();

    private Json() {}

    /// The mapper for messages that programs read. It writes the components of a record in alphabetical order.
    public static JsonMapper mapper() {
        return MAPPER;
    }

    /// The mapper for the API, which people read too. It writes the components of a record in the order in
    /// which they are declared.
    public static JsonMapper inDeclaredOrder() {
        return DeclaredOrder.MAPPER;
    }

    /// Created on first use: only the processes that serve the API need it.
    private static final class DeclaredOrder {
        private static final JsonMapper MAPPER = Json.MAPPER
                .rebuild()
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .build();
    }
}
