import type { connect as english } from "../en/connect.ts";
import type { Translated } from "../messages.ts";

export const connect = {
  reconnectNow: "今すぐ再試行",
  startNewKernel: "新しいカーネルを起動",
  change: "カーネルを変更",
  changeTitle: "カーネルを「{name}」に変更しますか？",
  freshTitle: "新しいカーネルを起動しますか？",
  changeText: "現在のカーネルは終了し、変数は失われます。ノートブックと出力は残ります。",
  details: "接続",
  kernel: "カーネル",
  bareTitle: { other: "カーネルのない環境 {count} 個" },
  bareText:
    "ランタイムのマシンにある環境です。ノートブックを実行するには、そのマシンのターミナルで次の行を使って ipykernel をインストールし、もう一度探してください。",
  lookAgain: "もう一度探す",
  looking: "カーネルと環境を探しています…",
  lookFailed: "ランタイムからカーネルの一覧を取得できません。もう一度お試しください。",
  startedIn: "フォルダー",
  startedInRoot: "ランタイムのルート フォルダー（このノートブックのフォルダーはその中にありません）",
  address: "アドレス",
  status: "状態",
  status_none: "未起動",
  status_starting: "起動中",
  status_idle: "待機中",
  status_busy: "実行中",
  status_restarting: "再起動中",
  status_dead: "停止",
  status_unknown: "不明",

  dialogTitle: "ローカル接続の設定",
  intro:
    "コードは、自分のパソコン、またはSSHでつないだマシン上のJupyterサーバーで実行されます。このブラウザーがサーバーと直接通信し、ハブは間に入りません。",
  backendUrl: "バックエンドURL",
  backendHint:
    "サーバーが表示した、トークン付きのアドレスを貼り付けてください。8888のようなポート番号だけでもかまいません。",
  backendPlaceholder: "http://localhost:8888/?token=…",
  remember: "このブラウザーに記憶する",
  rememberHint: "トークンは暗号化して保存されます。ほかの人も使うパソコンでは選ばないでください。",
  warningTitle: "このノートブックの作成者を信頼できるか確認してください",
  warningIntro: "実行するコードは、そのパソコンであなたのアカウントと同じ権限を持ちます。コードは次のことができます。",
  warningFiles: "ファイルの読み取り、変更、削除",
  warningCommands: "任意のコマンドの実行とプログラムのインストール",
  warningNetwork: "ネットワーク上の任意の場所へのデータ送信",
  warningAccept: "「接続」を押すと、以上を理解したものとみなします。この説明はこのブラウザーで一度だけ表示されます。",
  warningShort:
    "実行するコードは、ファイルの読み取り・変更・削除、任意のコマンドの実行、任意の場所へのデータ送信ができます。信頼できるものだけを実行してください。",
  howTo: "ランタイムの起動方法",
  howToCompanion: "Runhereランタイム",
  howToCompanionText:
    "Runhereに付属しています。このページを閉じている間も出力を保持し、開くだけで接続できるリンクを表示します。",
  howToNotebook: "Jupyter Notebook",
  howToLab: "JupyterLab",
  howToServer: "Jupyter Server",
  howToJupyterText:
    "コードを実行したいパソコンのターミナルで次を実行し、表示された「token=」付きのアドレスをコピーしてください。",
  howToSsh: "別のマシン",
  howToSshText: "そのマシンでサーバーを起動し、ポートをこのパソコンに転送してから、転送したポートに接続してください。",
  copyLine: "コマンドをコピー",

  progressTitle: "{name} に接続しています",
  step_probing: "サーバーへの到達",
  step_authenticating: "トークンの確認",
  step_connecting: "カーネルの起動",
  now_probing_reach: "{name} に呼びかけています…",
  now_probing_explain_permission: "操作を待っています",
  now_probing_confirm_token: "操作を待っています",
  now_probing_permission: "ブラウザーが許可を求めています。「許可」を選んでください。",
  now_probing_identify: "サーバーの種類を調べています…",
  now_authenticating_check: "トークンを確認しています…",
  now_authenticating_token: "トークンを待っています",
  now_authenticating_pair: "ランタイムとペアリングしています…",
  now_connecting_kernelspecs: "使えるカーネルを調べています…",
  now_connecting_kernelspec_choice: "カーネルの選択を待っています",
  now_connecting_folder: "ノートブックのフォルダーを探しています…",
  now_connecting_session: "カーネルを起動しています…",
  now_connecting_socket: "カーネルとの接続を開いています…",
  permissionTitle: "ブラウザーが許可を求めます",
  permissionText:
    "このパソコン上のサーバーに接続するには、{origin} に「ローカル ネットワーク」または「このデバイス上のアプリ」の許可が必要です。「続ける」を押し、ブラウザーの問い合わせで「許可」を選んでください。",
  continue: "続ける",
  sendToken: "トークンを送信",
  sendTokenTitle: "{name} が何のサーバーか確認できません",
  sendTokenText:
    "「allow_origin」なしで起動した Jupyter サーバーは、トークンを受け取るまでウェブページに何も答えません。ほかの多くのプログラムも同じです。このアドレスで応答しているのが自分の Jupyter サーバーだと確かな場合だけ、トークンを送信してください。別のプログラムが応答している場合、そのプログラムにトークンが知られます。",
  sendTokenBetter: "次のフラグを付けてサーバーを起動すると、何かを送る前に、このページがサーバーの種類を確認できます。",
  tokenTitle: "トークンが必要です",
  tokenText:
    "{name} のサーバーがトークンを求めています。サーバーが起動時に表示したアドレスに含まれています。「jupyter server list」でもう一度表示できます。",
  tokenNone: "貼り付けた内容にトークンがありません。ターミナルに表示された最新のアドレス全体をコピーしてください。",
  tokenField: "トークン、またはトークンを含むアドレス",
  tokenNewTitle: "サーバーが再起動されました",
  tokenNewText:
    "{name} のトークンが新しくなりました。最新のアドレスを貼り付けてください。このノートブックの接続先はそのままです。",
  chooseKernel: "カーネルを選んでください",
  chooseKernelText: "このノートブックが求める名前のカーネルがサーバーにありません。",
  start: "起動",
  advice_set_allow_origin:
    "トークンが要求のアドレスに含まれ、サーバーのログに残ることがあります。次のオプションで起動すると、ヘッダーで送られるようになります。",
  advice_https_used: "サーバーはhttpではなくhttpsで応答しました。アドレスを変更しました。",
  advice_http_used: "サーバーはhttpsではなくhttpで応答しました。アドレスを変更しました。",
  advice_other_loopback_name: "サーバーはこのパソコンの別の名前で応答しました。アドレスを変更しました。",

  binding_interrupted_network: "接続が切れました。再接続しています…",
  binding_interrupted_server_unreachable: "サーバーが応答しません。再接続しています…",
  binding_interrupted_token_refused: "サーバーが再起動され、新しいトークンを求めています。",
  binding_interrupted_offline: "このパソコンはオフラインです。",
  binding_interrupted_socket_silent: "通信が途絶えました。再接続しています…",
  binding_gone_kernel_died: "カーネルが予期せず停止しました。変数は失われました。",
  binding_gone_kernel_gone: "カーネルがサーバーからなくなりました。変数は失われました。",
  binding_gone_shut_down: "カーネルは終了されました。",
  binding_gone_server_replaced: "このアドレスでは別のサーバーが応答しています。カーネルと変数は失われました。",

  hostedTitle: "ホスト型ランタイムは用意されていません",
  hostedText:
    "ホスト型ランタイムは、ハブが用意するマシンです。このハブにはまだ設定されていません。代わりに自分のパソコンでコードを実行できます。",

  sessionsTitle: "セッションの管理",
  sessionsIntro: "{name} で動いているカーネルです。終了するまでメモリを使い続けます。",
  sessionsNone: "{name} で動いているカーネルはありません。",
  sessionsUnbound: "まずランタイムに接続してください。そこで動いているカーネルがここに表示されます。",
  sessionMine: "このノートブック",
  sessionUsed: "最後の使用: {when}",
  shutDown: "終了",
  shutDownTitle: "「{name}」を終了しますか？",
  shutDownText: "変数は失われます。ノートブックと出力は残ります。",
  restartTitle: "カーネルを再起動しますか？",
  restart: "再起動",
  restartText: "変数は失われます。ノートブックと出力は残ります。",
  restartAndRunText: "変数は失われ、その後すべてのセルが最初から順に実行されます。",
  endTitle: "カーネルを終了しますか？",
  noPath: "ノートブックなし",

  linkTitle: "{address} のランタイムに接続しますか？",
  linkText: "ランタイムのリンクが開かれました。次に開くノートブックで使われます。",
  linkNone: "このリンクにはランタイムが含まれていません。ターミナルからもう一度コピーし、全体を開いてください。",

  trouble: "{title}。{text}",
  restarting: "カーネルを再起動しています。その間に実行したセルは、新しいカーネルを待ちます。",
  restartFailed:
    "カーネルは再起動されず、何も実行されませんでした。{reason} サーバーが動いていることを確かめて、もう一度お試しください。",
  shutDownFailed: "カーネルは終了していません。{reason} サーバーが動いていることを確かめて、もう一度お試しください。",
  failed: "接続できませんでした",
  stillConnected: "ノートブックは {name} に接続されたままです。",
  failure_insecure_hub_title: "このハブは暗号化されていません",
  failure_insecure_hub_text:
    "ブラウザーは、{origin} のページがこのパソコンに接続することを許しません。ハブの管理者にhttpsでの提供を依頼してください。",
  failure_safari_mixed_content_title: "Safariでは接続できません",
  failure_safari_mixed_content_text:
    "Safariは、安全なページからこのパソコン上のサーバーへの接続を許しません。Chrome、Edge、Firefoxのいずれかで {origin} を開いてください。",
  failure_permission_denied_title: "このサイトのローカル接続がブロックされています",
  failure_permission_denied_text:
    "{origin} からこのパソコンへの接続が、あなたまたは組織によってブロックされています。アドレスの左のアイコンから「このデバイス上のアプリ」または「ローカル ネットワーク」を「許可」にし、もう一度「接続」を押してください。管理者の方へ: ポリシーは LocalNetworkAccessAllowedForUrls と LoopbackNetworkAllowedForUrls です。",
  failure_permission_dismissed_title: "ブラウザーの問い合わせに回答がありませんでした",
  failure_permission_dismissed_text: "もう一度「接続」を押し、ブラウザーの問い合わせで「許可」を選んでください。",
  failure_cancelled_title: "接続を取り消しました",
  failure_cancelled_text: "何も変更していません。",
  failure_nothing_listening_title: "{address} で応答がありません",
  failure_nothing_listening_text:
    "サーバーは動いていますか。ポート番号は正しいですか。アドレスが https:// で始まる場合は、そのまま貼り付けてください。別のマシンの場合、SSHトンネルはつながっていますか。次の行で、そこで応答するサーバーを起動できます。",
  failure_other_port_title: "{address} では応答がありませんが、ポート {found} でランタイムが応答しています",
  failure_other_port_text:
    "コンテナーは、公開したポートにかかわらず 9000 と表示します（RUNHERE_PUBLIC_URL で変更できます）。ポート {found} で応答しているのがあなたのコンテナーであれば、そこに接続してください。不明な場合は、先にそのページを確認してください。",
  useOtherPort: "ポート {found} に接続",
  failure_no_answer_title: "{address} は接続を受け付けますが、応答しません",
  failure_no_answer_text:
    "8秒以内に応答がありませんでした。処理中か、デバッガーで停止しているか、トンネルの先が切れている可能性があります。",
  failure_tls_unreachable_title: "{address} と安全に通信できません",
  failure_tls_unreachable_text:
    "多くの場合、サーバーが自分で作った証明書をこのブラウザーが知らないためです。下のアドレスを開いて証明書を承認し、ここに戻ってもう一度「接続」を押してください。そのページも開かない場合は、応答するものがありません。サーバーは動いていますか。ポート番号は正しいですか。",
  failure_not_jupyter_title: "{address} はJupyterサーバーではありません",
  failure_not_jupyter_text: "別のプログラムが応答しています。Jupyterが表示したポート番号と比べてください。",
  failure_runtime_origin_not_listed_title: "ランタイムがこのハブを知りません",
  failure_runtime_origin_not_listed_text:
    "{address} でRunhereランタイムが応答していますが、{origin} が許可されていません。「runhere-runtime ssh」で接続している場合は、そのコマンドに「--hub {origin}」を付けてもう一度実行してください。それ以外の場合は、ランタイムのあるパソコンで次を実行し（コンテナーでは先頭に「docker exec コンテナー名」を付けます）、もう一度接続してください。",
  failure_origin_not_allowed_title: "サーバーは別のサイトだけを許可しています",
  failure_origin_not_allowed_text:
    "トークンは正しいのですが、{address} のサーバーは {origin} を許可していません。このハブのアドレスを指定して起動し直してください。",
  failure_token_missing_title: "サーバーがトークンを求めています",
  failure_token_missing_text:
    "サーバーが起動時に表示した「?token=…」付きのアドレス全体をコピーしてください。「jupyter server list」でもう一度表示できます。",
  failure_token_refused_title: "トークンが受け付けられませんでした",
  failure_token_refused_text:
    "トークンはサーバーを起動するたびに新しくなります。ターミナルから最新のアドレスをコピーしてください。",
  failure_runtime_unproven_title: "ペアリングしたランタイムではありません",
  failure_runtime_unproven_text:
    "{address} で応答しているものは、このブラウザーを知りません。ランタイムが再起動されたか、別のプログラムがその場所を使っています。何も送っていません。「runhere login」で新しいリンクを表示できます。",
  failure_refused_title: "サーバーは応答しますが、拒否されました",
  failure_refused_text:
    "トークンが違うか、{address} のサーバーが別のサイトだけを許可しています。最新のアドレスをコピーし、それでもつながらなければ、このハブのアドレスを指定して起動し直してください。",
  failure_pairing_refused_title: "ペアリングのリンクは使えなくなっています",
  failure_pairing_refused_text:
    "リンクは5分間有効で、一度だけ使えます。ランタイムで新しいリンクを発行してください。{hint}",
  failure_runtime_refused_title: "ランタイムに拒否されました",
  failure_runtime_refused_text: "ランタイムの説明: {hint}",
  failure_protocol_version_title: "ランタイムとハブのバージョンが合いません",
  failure_protocol_version_text:
    "古いほうを更新してください。ランタイムのパソコンでは次の行で更新できます。ハブは管理者に依頼してください。",
  failure_socket_blocked_title: "継続する接続がすぐに閉じられました",
  failure_socket_blocked_text:
    "{address} への要求は届きますが、WebSocketがすぐに閉じられました。ウイルス対策ソフトやプロキシが間にあるか、サーバーがこのサイトを拒否しています。次の起動行で後者を除外できます。",
  failure_no_kernelspecs_title: "サーバーにカーネルがありません",
  failure_no_kernelspecs_text: "コードで使いたいPython環境にカーネルをインストールしてください。",
  failure_hosted_closed_title: "ホスト型ランタイムに接続できません",
  failure_hosted_closed_text:
    "停止しているか、サインアウトしています。「ホスト型ランタイムに接続」から起動してください。ファイルは残っています。",
  failure_hosted_unreachable_text:
    "ハブはこのランタイムを {address} で動かしていますが、ブラウザーからその名前に接続できません。ハブの管理者が名前と証明書を設定する必要があります。それまではローカル ランタイムに接続してください。",
  failure_kernel_start_failed_title: "カーネルが起動しませんでした",
  failure_kernel_start_failed_text: "理由はサーバーのターミナルに表示されています。{hint}",
  failure_kernel_died_at_start_title: "カーネル「{kernel}」は起動直後に終了しました",
  failure_kernel_died_at_start_text:
    "サーバーはカーネルを起動しましたが、すぐに終了しました。理由はサーバーのターミナルに表示されています。多くの場合、Python環境にipykernelがありません。その環境のPythonで次の行を実行するとインストールできます:",
  failure_page_incomplete_title: "ページの一部を取得できませんでした",
  failure_page_incomplete_text:
    "ランタイムへの接続に必要な部分をハブから取得できませんでした。ハブが動作していることを確認して、もう一度お試しください。",
  failure_address_empty_title: "アドレスを入力してください",
  failure_address_empty_text: "サーバーが表示したアドレスか、ポート番号を貼り付けてください。",
  failure_address_not_understood_title: "アドレスとして読み取れません",
  failure_address_not_understood_text:
    "サーバーが表示した http://localhost:8888/?token=… のようなアドレスか、ポート番号を貼り付けてください。",
  failure_address_not_loopback_title: "{host} は別のマシンです",
  failure_address_not_loopback_text:
    "ブラウザーが直接つなげるのはこのパソコンだけです。SSHでポートを転送し、localhost:{localPort} に接続してください。",
  failure_address_has_password_title: "アドレスにユーザー名またはパスワードが含まれています",
  failure_address_has_password_text: "// と @ の間をすべて削除してください。",
  failure_address_scheme_title: "アドレスが {scheme}: で始まっています",
  failure_address_scheme_text: "使えるのは http:// と https:// だけです。",
  failure_address_port_title: "{port} はポート番号ではありません",
  failure_address_port_text: "ポート番号は1から65535までです。",
} as const satisfies Translated<typeof english>;
