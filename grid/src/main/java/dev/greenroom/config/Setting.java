package dev.greenroom.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes one setting; stands at the record component that holds its value.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
    /// The environment variable; the flag is the same in lower case with hyphens. A setting without a
    /// variable has the name of its flag, for example `--watch`, or of its argument.
    String name();

    /// Where it can be set.
    Where where() default Where.ENVIRONMENT;

    /// The flag, if it differs from the one that follows from the name; else empty.
    String flag() default "";

    /// The default; empty for none, which is allowed for `Optional` components only.
    String fallback() default "";

    /// Another setting of the same command, a whole number, that limits the default of this one. Empty for
    /// none.
    String fallbackAtMost() default "";

    /// Purpose, unit and bounds, in one to three sentences.
    String meaning();

    /// A secret is masked in all output, and can be set as a file with `NAME_FILE`.
    boolean secret() default false;

    /// Where a setting can be set.
    enum Where {
        /// As an environment variable or a flag; the flag wins.
        ENVIRONMENT,
        /// As a flag only; a boolean flag has no value.
        FLAG,
        /// As a positional argument.
        ARGUMENT
    }

    /// Overrides the default of a setting for one command; stands at the command's root record.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @Repeatable(DefaultOverride.All.class)
    public @interface DefaultOverride {
        /// The environment variable.
        String name();

        /// The default for this command.
        String value();

        /// Several of them.
        @Retention(RetentionPolicy.RUNTIME)
        @Target(ElementType.TYPE)
        @interface All {
            DefaultOverride[] value();
        }
    }

    /// The heading of the settings of a record, in `--help` and in the reference.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    public @interface SettingsSection {
        /// A few words, in `--help` and in the reference.
        String value();
    }
}
