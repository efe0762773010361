#!/bin/sh
# The application of Entra ID that stands for the dashboard, which Bicep cannot make without a preview of its own. azd runs this by its hooks.
#
#   infra/sign-in.sh create    makes it where there is none, and keeps its id in the azd environment as TAGGING_SIGN_IN_CLIENT_ID
#   infra/sign-in.sh reply     tells it the dashboard's address, to which one comes back from signing in
#   infra/sign-in.sh delete    removes it
#
# It has no secret. Whoever of the tenant has a token for it may look; for changes one needs its role Tagging.Write, which whoever makes it is
# given. Exit codes: 0 done, 1 Azure refused, 2 it was called wrongly or a program is missing.
set -eu
for program in az azd; do
  command -v "$program" >/dev/null || { echo "sign-in: $program is missing; install it and run this again." >&2; exit 2; }
done
id=$(azd env get-value TAGGING_SIGN_IN_CLIENT_ID 2>/dev/null) || id=''

change() { # object, what
  az rest --method PATCH --url "https://graph.microsoft.com/v1.0/applications/$1" --headers 'Content-Type=application/json' --body "$2"
}

case ${1:-} in
  create)
    if [ -z "$id" ] || ! az ad app show --id "$id" >/dev/null 2>&1; then
      id=$(az ad app create --display-name "orleans-tagging-$(azd env get-value AZURE_ENV_NAME)" --sign-in-audience AzureADMyOrg \
        --requested-access-token-version 2 --query appId --output tsv)
      # Kept at once, so that a run that breaks off is taken up and not begun again; all that follows may be done twice.
      azd env set TAGGING_SIGN_IN_CLIENT_ID "$id"
    fi
    object=$(az ad app show --id "$id" --query id --output tsv)
    # Ids within the application alone.
    role=7a0c3b52-5a4e-4c8e-9d1b-0f5b5a0d1c01
    scope=7a0c3b52-5a4e-4c8e-9d1b-0f5b5a0d1c02
    scopes="\"requestedAccessTokenVersion\": 2, \"oauth2PermissionScopes\": [{\"id\": \"$scope\", \"value\": \"Tagging.Read\", \"type\": \"User\",
      \"isEnabled\": true, \"adminConsentDisplayName\": \"See experiments\", \"adminConsentDescription\": \"See experiments\",
      \"userConsentDisplayName\": \"See experiments\", \"userConsentDescription\": \"See experiments\"}]"
    change "$object" "{\"identifierUris\": [\"api://$id\"], \"api\": {$scopes},
      \"appRoles\": [{\"id\": \"$role\", \"value\": \"Tagging.Write\", \"displayName\": \"Change experiments\", \"isEnabled\": true,
      \"description\": \"Submits, steers and decides\", \"allowedMemberTypes\": [\"User\", \"Application\"]}]}"
    # 04b07795-…: the Azure CLI, which may ask for tokens without asking its user: az account get-access-token --resource api://ID.
    change "$object" "{\"api\": {$scopes,
      \"preAuthorizedApplications\": [{\"appId\": \"04b07795-8ddb-461a-bbee-02f9e1bf7b46\", \"delegatedPermissionIds\": [\"$scope\"]}]}}"
    principal=$(az ad sp show --id "$id" --query id --output tsv 2>/dev/null) || principal=$(az ad sp create --id "$id" --query id --output tsv)
    own=$(az ad signed-in-user show --query id --output tsv 2>/dev/null) || own=''
    if [ -n "$own" ]; then
      az rest --method POST --url "https://graph.microsoft.com/v1.0/servicePrincipals/$principal/appRoleAssignedTo" \
        --headers 'Content-Type=application/json' \
        --body "{\"principalId\": \"$own\", \"resourceId\": \"$principal\", \"appRoleId\": \"$role\"}" >/dev/null 2>&1 \
        || echo "sign-in: you have the role Tagging.Write already, or may not give it"
    fi
    echo "sign-in: application $id stands for the dashboard"
    ;;
  reply)
    page=$(azd env get-value TAGGING_DASHBOARD)
    object=$(az ad app show --id "$id" --query id --output tsv)
    change "$object" "{\"spa\": {\"redirectUris\": [\"$page/\"]}}"
    echo "sign-in: $page takes its viewers back"
    ;;
  delete)
    [ -n "$id" ] || exit 0
    az ad app delete --id "$id"
    azd env set TAGGING_SIGN_IN_CLIENT_ID ''
    echo "sign-in: removed application $id"
    ;;
  *)
    sed -n '4,6s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
