//! The declarations `record!` and `words!`: one text gives a type, its reader, its schema and its
//! row in the manifest reference.

/// The text of a key: its own literal, or the field's name.
macro_rules! key_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// Declares a mapping of the language. `Name = key { ... }` makes any value that is not a mapping
/// stand for `{key: value}`.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        $name:ident $(= $short:literal)? {
            $( $(#[doc = $field_doc:literal])+ $field:ident $(as $key:literal)? : $ty:ty, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $crate::manifest::record::Field<$ty>, )+
        }

        impl $crate::manifest::record::Record for $name {
            const DOC: &'static str = concat!($($doc, "\n"),+);
            const SHORTHAND: Option<&'static str> = {
                #[allow(unused_mut, unused_assignments)]
                let mut short = None;
                $( short = Some($short); )?
                short
            };

            fn keys() -> &'static [$crate::manifest::record::Key] {
                &[ $( $crate::manifest::record::Key {
                    name: $crate::manifest::record::key_name!($field $($key)?),
                    doc: concat!($($field_doc, "\n"),+),
                    schema: |generator| generator.subschema_for::<$ty>(),
                } ),+ ]
            }

            fn set(
                &mut self,
                key: &str,
                node: &$crate::source::Node,
                reader: &mut $crate::manifest::record::Reader<'_>,
            ) -> bool {
                $( if key == $crate::manifest::record::key_name!($field $($key)?) {
                    $crate::manifest::words::check(stringify!($name), key, node, reader);
                    self.$field = $crate::manifest::record::Field::read(node, reader);
                    return true;
                } )+
                false
            }

            fn is_invalid(&self, key: &str) -> bool {
                $( if key == $crate::manifest::record::key_name!($field $($key)?) {
                    return self.$field == $crate::manifest::record::Field::Invalid;
                } )+
                false
            }

            fn inherit_keys(&mut self, default: &Self) {
                $( self.$field.inherit(&default.$field); )+
            }
        }

        impl $crate::manifest::record::Read for $name {
            fn read(
                node: &$crate::source::Node,
                reader: &mut $crate::manifest::record::Reader<'_>,
            ) -> Option<Self> {
                $crate::manifest::record::read_record(node, reader)
            }

            fn visit<'m>(&'m self, see: &mut $crate::manifest::record::See<'_, 'm>) {
                see(self);
                $( self.$field.visit(see); )+
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> $crate::manifest::record::SchemaName {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::manifest::record::record_schema::<$name>(generator)
            }
        }
    };
}

/// Declares a set of words, one of which a value must be. `gone` lists words that the language had: the
/// finding says why each left and what to write instead.
macro_rules! words {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $( $(#[doc = $word_doc:literal])+ $variant:ident $word:literal, )+ }
        $( gone { $( $gone:literal => $code:ident $why:literal, $instead:literal; )+ } )?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $word_doc])+ $variant, )+ }

        impl $name {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The words as written.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as written.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl $crate::manifest::record::Read for $name {
            fn read(
                node: &$crate::source::Node,
                reader: &mut $crate::manifest::record::Reader<'_>,
            ) -> Option<Self> {
                let text = $crate::manifest::scalar::read_text(node, reader)?;
                match &*text {
                    $( $word => Some(Self::$variant), )+
                    $($( $gone => {
                        let code = $crate::finding::Code::$code;
                        $crate::manifest::scalar::gone_word(node, code, $why, $instead, reader);
                        None
                    } )+)?
                    _ => {
                        $crate::manifest::scalar::unknown_word(node, &text, Self::WORDS, reader);
                        None
                    }
                }
            }

            fn visit<'m>(&'m self, _: &mut $crate::manifest::record::See<'_, 'm>) {}
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool { true }
            fn schema_name() -> $crate::manifest::record::SchemaName {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "oneOf": [
                        $({ "const": $word, "description": concat!($($word_doc),+).trim() }),+
                    ],
                })
            }
        }
    };
}

pub(crate) use {key_name, record, words};
