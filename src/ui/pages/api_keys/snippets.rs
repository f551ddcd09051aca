use crate::{
    api::keys::KeyRow,
    i18n::{tr, use_language},
    ui::{
        pages::FIRST_CALLS,
        parts::{Card, CodeBlock},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Name in the address, name on the tab, file of the client.
const LANGUAGES: [(&str, &str, &str); 5] = [
    ("curl", "curl", ""),
    ("python", "Python", "aio.py"),
    ("javascript", "JavaScript", "aio.mjs"),
    ("php", "PHP", "aio.php"),
    ("go", "Go", "aio.go"),
];

/// Code that calls the merchant API with this key; the language stands in the address.
#[component]
pub fn Snippets(
    /// The key.
    key: KeyRow,
    /// Where the merchant API is.
    origin: String,
) -> impl IntoView {
    let l = use_language();
    let query = use_query_map();
    let shown = move || {
        let wanted = query.with(|query| query.get("code")).unwrap_or_default();
        let chosen = LANGUAGES.iter().find(|(name, ..)| *name == wanted).unwrap_or(&LANGUAGES[0]);
        let path = ["/api-keys/", &key.id.to_string()].concat();
        let tabs = LANGUAGES
            .iter()
            .map(|language| {
                let here = (language.0 == chosen.0).then_some("page");
                view! {
                    <a href=[&path, "?code=", language.0].concat() aria-current=here>
                        {language.1}
                    </a>
                }
            })
            .collect_view();
        let code = code(chosen.0, &key, &origin);
        let words = (tr::common::copy(l), tr::common::copied(l));
        view! {
            <nav class="tabs" aria-label=tr::key_page::use_it(l)>
                {tabs}
            </nav>
            <CodeBlock label=chosen.1 code words/>
        }
    };
    view! {
        <Card title=tr::key_page::use_it(l) hint=tr::key_page::use_hint(l)>
            {shown}
            <p>
                <a href="/docs#encryption" rel="external">
                    {tr::key_page::docs(l)}
                </a>
            </p>
        </Card>
    }
    .into_any()
}

/// Key id and, where bodies are encrypted, the version of the AES key stand in the code; secrets never do.
fn code(language: &str, key: &KeyRow, origin: &str) -> String {
    let id = key.id.to_string();
    let version = key.aes.as_ref().map(|aes| aes.version.to_string());
    let text = match (language, &version) {
        ("python", None) => PYTHON,
        ("python", Some(_)) => PYTHON_AES,
        ("javascript", None) => JAVASCRIPT,
        ("javascript", Some(_)) => JAVASCRIPT_AES,
        ("php", None) => PHP,
        ("php", Some(_)) => PHP_AES,
        ("go", None) => GO,
        ("go", Some(_)) => GO_AES,
        _ => &[SECRET, FIRST_CALLS].concat(),
    };
    text.replace("{origin}", origin)
        .replace("{id}", &id)
        .replace("{version}", &version.unwrap_or_default())
}

const SECRET: &str = "# {id}: its secret is in AIO_API_KEY\n";

const PYTHON: &str = "# {id}: its secret is in AIO_API_KEY
import os
from aio import Client

aio = Client(\"{origin}\", os.environ[\"AIO_API_KEY\"])
print(aio.call(\"GET\", \"/v1/whoami\"))
";

const PYTHON_AES: &str =
    "# {id}: its secret is in AIO_API_KEY, version {version} of its AES key in AIO_AES_KEY
import os
from aio import Client

aio = Client(\"{origin}\", os.environ[\"AIO_API_KEY\"], os.environ[\"AIO_AES_KEY\"], {version})
print(aio.call(\"POST\", \"/v1/echo\", {\"hello\": \"AIO\"}))
";

const JAVASCRIPT: &str = "// {id}: its secret is in AIO_API_KEY
import { Client } from './aio.mjs';

const aio = new Client('{origin}', process.env.AIO_API_KEY);
console.log(await aio.call('GET', '/v1/whoami'));
";

const JAVASCRIPT_AES: &str =
    "// {id}: its secret is in AIO_API_KEY, version {version} of its AES key in AIO_AES_KEY
import { Client } from './aio.mjs';

const { AIO_API_KEY, AIO_AES_KEY } = process.env;
const aio = new Client('{origin}', AIO_API_KEY, { aesKey: AIO_AES_KEY, aesVersion: {version} });
console.log(await aio.call('POST', '/v1/echo', { hello: 'AIO' }));
";

const PHP: &str = "<?php // {id}: its secret is in AIO_API_KEY
require 'aio.php';

$aio = new Aio\\Client('{origin}', getenv('AIO_API_KEY'));
print_r($aio->call('GET', '/v1/whoami'));
";

const PHP_AES: &str =
    "<?php // {id}: its secret is in AIO_API_KEY, version {version} of its AES key in AIO_AES_KEY
require 'aio.php';

$aio = new Aio\\Client('{origin}', getenv('AIO_API_KEY'), getenv('AIO_AES_KEY'), {version});
print_r($aio->call('POST', '/v1/echo', ['hello' => 'AIO']));
";

const GO: &str = "// {id}: its secret is in AIO_API_KEY
package main

import (
\t\"context\"
\t\"fmt\"
\t\"os\"

\t\"aio.example/aio\"
)

func main() {
\tclient, err := aio.New(\"{origin}\", os.Getenv(\"AIO_API_KEY\"), \"\", \"\")
\tif err != nil {
\t\tpanic(err)
\t}
\tanswer, err := client.Call(context.Background(), \"GET\", \"/v1/whoami\", nil, \"\")
\tfmt.Println(string(answer), err)
}
";

const GO_AES: &str = "// {id}: its secret is in AIO_API_KEY, version {version} of its AES key in AIO_AES_KEY
package main

import (
\t\"context\"
\t\"fmt\"
\t\"os\"

\t\"aio.example/aio\"
)

func main() {
\tclient, err := aio.New(\"{origin}\", os.Getenv(\"AIO_API_KEY\"), os.Getenv(\"AIO_AES_KEY\"), \"{version}\")
\tif err != nil {
\t\tpanic(err)
\t}
\tanswer, err := client.Call(context.Background(), \"POST\", \"/v1/echo\", []byte(`{\"hello\":\"AIO\"}`), \"\")
\tfmt.Println(string(answer), err)
}
";
