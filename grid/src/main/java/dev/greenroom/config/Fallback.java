package dev.greenroom.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Another default than the one that [Setting] says, for one command; stands at the command's root record.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@Repeatable(Fallback.All.class)
public @interface Fallback {
    /// The environment variable.
    String name();

    /// The value when none is given.
    String value();

    /// Several of them.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface All {
        Fallback[] value();
    }
}
